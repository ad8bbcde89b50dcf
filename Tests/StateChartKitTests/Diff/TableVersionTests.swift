import ConnectionLifecycle
import Foundation
import Testing

@testable import StateChartKit

@Suite("An older table is read", .serialized)
struct TableVersionTests {
    /// The shape of `lifecycle.json`.
    static func json(_ table: TransitionTable) throws -> Data {
        func identifier(_ condition: Guard) -> Any {
            switch condition {
            case .always: NSNull()
            case .when(let question): "\(question)"
            case .unless(let question): "!\(question)"
            }
        }
        let states: [[String: Any]] = table.states.map { state in
            [
                "name": "\(state.state)", "meaning": state.meaning,
                "owns": state.owns.names.map { $0 == "closing socket" ? "closing" : $0 },
                "deadline": state.deadline.map { "\($0)" as Any } ?? NSNull(),
            ]
        }
        let rows: [[String: Any]] = table.rows.map { row in
            [
                "id": row.id, "from": "\(row.from)", "event": "\(row.event)", "guard": identifier(row.condition),
                "to": row.to.map { "\($0)" as Any } ?? NSNull(), "actions": row.actions.names, "because": row.because,
            ]
        }
        return try JSONSerialization.data(withJSONObject: [
            "digest": table.digest, "states": states, "rows": rows, "more": 1,
        ])
    }

    /// The page as it was before there was a `lifecycle.json`, and with links as it may have become.
    static func page(_ table: TransitionTable, links: Bool) -> String {
        func cell(_ text: String) -> String { text.replacingOccurrences(of: "|", with: "\\|") }
        func name(_ name: String) -> String { links ? "[\(name)](states/\(name).md)" : name }
        var lines = ["<!-- Generated. Digest \(table.digest). -->", "# Charts", ""]
        lines += ["| state | meaning | owns | deadline |", "| --- | --- | --- | --- |"]
        for state in table.states {
            let owns = state.owns.isEmpty ? "–" : state.owns.names.joined(separator: ", ")
            let deadline = state.deadline.map { "`\($0)`" } ?? "–"
            lines.append("| **\(name("\(state.state)"))** | \(cell(state.meaning)) | \(owns) | \(deadline) |")
        }
        lines += ["", "| from \\ to | idle |", "| --- | --- |", "| **idle** | T01 |", ""]
        lines += [
            "| id | from | event | guard | to | actions | because |", "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        for row in table.rows where row.to != nil {
            let cells = [
                name(row.id), name("\(row.from)"), "`\(row.event)`", row.condition.words ?? "",
                name(row.to.map { "\($0)" } ?? ""),
                row.actions.names.joined(separator: ", "), cell(row.because),
            ]
            lines.append("| \(cells.joined(separator: " | ")) |")
        }
        lines += ["", "| id | state | event | because |", "| --- | --- | --- | --- |"]
        for row in table.rows where row.to == nil {
            lines.append("| \(row.id) | \(row.from) | `\(row.event)` | \(cell(row.because)) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func isSame(_ version: TableVersion) -> Bool {
        TableDifference(from: version, to: TableVersion(.standard)).isEmpty
            && version.digest == TransitionTable.standard.digest
            && version.rows.count == TransitionTable.standard.rows.count
    }

    @Test("from JSON")
    func json() throws {
        #expect(isSame(try TableVersion(json: try TableVersionTests.json(.standard))))
    }

    @Test("from the page, with and without links", arguments: [false, true])
    func page(links: Bool) throws {
        #expect(isSame(try TableVersion(markdown: TableVersionTests.page(.standard, links: links))))
        var table = TransitionTable.standard
        table.rows[0].because = "This | that."
        let version = try TableVersion(markdown: TableVersionTests.page(table, links: links))
        #expect(version.rows[0].because == "This | that.")
    }

    @Test(
        "or refused",
        arguments: ["", "[]", "{}", #"{"states":[],"rows":1}"#, #"{"states":[{"name":"x"}],"rows":[]}"#, "\u{0}"])
    func badJSON(text: String) {
        #expect(throws: InvalidTable.self) { try TableVersion(json: Data(text.utf8)) }
    }

    @Test(
        "or refused as a page",
        arguments: [
            "", "# Nothing", "| id | from |\n| --- | --- |\n",
            "| state | meaning | owns | deadline |\n| --- |\n\n| id | from | event | guard | to | actions | because |\n",
        ])
    func badPage(text: String) {
        #expect(throws: InvalidTable.self) { try TableVersion(markdown: text) }
    }

    private static let hasGit = (try? GitSandbox.run(["--version"])) == 0

    @Test("from git: from the JSON where there is one, else from the page", .enabled(if: hasGit, "git is not here"))
    func git() throws {
        let sandbox = try GitSandbox()
        defer { sandbox.remove() }
        var older = TransitionTable.standard
        older.rows.removeAll { $0.id == "T36" }
        try sandbox.commit(["README.md": Data(TableVersionTests.page(older, links: false).utf8)], tag: "page")
        older.rows.removeAll { $0.id == "T35" }
        try sandbox.commit(["lifecycle.json": try TableVersionTests.json(older)], tag: "json")
        try sandbox.commit(["lifecycle.json": Data("{}".utf8)], tag: "broken")
        let page = try GitRevision("page").table(in: sandbox.path)
        let json = try GitRevision("json").table(in: sandbox.path)
        let present = TableVersion(.standard)
        #expect(
            TableDifference(from: page, to: present).changes.first?.text.hasPrefix("adds T36: backoff on stop") == true)
        #expect(
            TableDifference(from: page, to: json).changes.first?.text
                == "removes T35: backoff on reconnect → connecting (beginAttempt)")
        func message(_ revision: String, _ folder: String = "StateCharts", in path: String? = nil) -> String {
            do {
                _ = try GitRevision(revision).table(in: path ?? sandbox.path, folder: folder)
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(message("nowhere").contains("git knows no revision nowhere"))
        #expect(message("--help").contains("is no revision"))
        #expect(message("").contains("is no revision"))
        #expect(message("page", "Elsewhere").contains("no chart at page"))
        #expect(message("broken").contains("cannot be read"))
        #expect(message("page", in: "/").contains("no git repository"))
    }
}

/// A repository of its own for one test.
private struct GitSandbox {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "charts-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path + "/StateCharts", withIntermediateDirectories: true)
        try require(["-C", path, "init", "-q"])
    }

    func commit(_ files: [String: Data], tag: String) throws {
        for (name, bytes) in files { try bytes.write(to: URL(fileURLWithPath: "\(path)/StateCharts/\(name)")) }
        try require(["-C", path, "add", "-A"])
        let user = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
        try require(["-C", path] + user + ["commit", "-q", "-m", tag])
        try require(["-C", path, "tag", tag])
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    private func require(_ arguments: [String]) throws {
        let status = try GitSandbox.run(arguments)
        if status != 0 { throw GitRevision.Failure(message: "git \(arguments.joined(separator: " ")): \(status)") }
    }

    /// Not Foundation's Process, which is unsafe from several tests at once.
    static func run(_ arguments: [String]) throws -> Int32 {
        var argv = (["git"] + arguments).map { strdup($0) } + [nil]
        defer { for word in argv { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in [1, 2] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        var child = pid_t()
        let code = posix_spawnp(&child, "git", &actions, nil, &argv, environ)
        guard code == 0 else { throw GitRevision.Failure(message: "git cannot be run: \(code)") }
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1, errno == EINTR {}
        return status
    }
}
