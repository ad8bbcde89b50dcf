import BenchmarkKit
import Foundation

/// What is compared.
struct Client: Hashable {
    var name: String
    var text: String
    var version: String
    var path: String
    /// Before all others.
    var leadingArguments: [String] = []
    var kinds: Set<Kind>

    static let engine = "holdfast"
    static let ceiling = "cpp"
    static let floor = "cpp-read"
    static let machineCeiling = "switch"

    /// What is no competitor: the engine itself, and the bars.
    var isOther: Bool { ![Self.engine, Self.ceiling, Self.floor].contains(name) }

    struct Skipped: Codable {
        var name: String
        var why: String
    }

    private static let texts = [
        "holdfast": "this engine, through its public API",
        "cpp": "C++: libuv, frames parsed in place, simdjson On-Demand",
        "cpp-read": "the same without JSON: frames only",
        "aiohttp": "Python: aiohttp, uvloop and orjson",
        "websockets": "Python: websockets",
        "node": "node.js: ws",
        "go": "Go: gorilla/websocket",
        "urlsession": "Swift without packages: URLSessionWebSocketTask and JSONDecoder",
        "switch": "hand-written C switch",
        "gen_statem": "Erlang: gen_statem",
        "transitions": "Python: transitions",
        "sismic": "Python: sismic",
    ]

    /// Those that answer to `--version`, and why the others are not here.
    static func discover(_ options: Options, _ interruption: Interruption) -> (clients: [Client], skipped: [Skipped]) {
        var found: [Client] = []
        var skipped: [Skipped] = []
        func add(_ name: String, _ path: String, _ leading: [String], _ kinds: Set<Kind>) {
            guard !interruption.isSet, !kinds.isDisjoint(with: options.kinds) else { return }
            guard options.clients?.contains(name) ?? true else { return }
            // Some build themselves when they are first asked.
            switch answer(path, leading + ["--version"], interruption) {
            case .success(let answer):
                found.append(
                    Client(
                        name: name, text: texts[name] ?? name, version: without(name, answer), path: path,
                        leadingArguments: leading, kinds: kinds))
            case .failure(let why): skipped.append(Skipped(name: name, why: without(name, why.description)))
            }
        }
        let connected: Set<Kind> = [.ingest, .idle, .storm]
        add(engine, ChildProcess.folder + "/load", [], Set(Kind.allCases))
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: options.peers)) ?? []
        for folder in folders.sorted() {
            let path = "\(options.peers)/\(folder)/run"
            guard FileManager.default.isExecutableFile(atPath: path) else { continue }
            guard folder == "machines" else {
                add(folder, path, [], connected)
                if folder == ceiling { add(floor, path, [], [.ingest]) }
                continue
            }
            guard options.kinds.contains(.transition) else { continue }
            guard case .success(let names) = answer(path, ["--list"], interruption) else { continue }
            for name in names.split(separator: "\n") { add(String(name), path, [String(name)], [.transition]) }
        }
        let known = Set(found.map(\.name) + skipped.map(\.name))
        for name in options.clients ?? [] where !known.contains(name) {
            skipped.append(Skipped(name: name, why: "there is no such client, or none that does what was asked for"))
        }
        return (found, skipped)
    }

    /// Some say their name first.
    private static func without(_ name: String, _ text: String) -> String {
        text.hasPrefix(name + ": ") ? String(text.dropFirst(name.count + 2)) : text
    }

    private static func answer(
        _ path: String, _ arguments: [String], _ interruption: Interruption
    ) -> Result<String, ChildFailure> {
        do {
            let child = try ChildProcess(path, arguments, readsErrors: true, diesWithThread: true)
            var (lines, errors): ([String], [String]) = ([], [])
            let deadline = ContinuousClock.now + .seconds(300)
            reading: while ContinuousClock.now < deadline, !interruption.isSet {
                switch child.next(within: 1) {
                case .line(let line): lines.append(line)
                case .errorLine(let line): errors.append(line)
                case .nothing: continue
                case .end: break reading
                }
            }
            if ContinuousClock.now >= deadline || interruption.isSet { child.send(SIGKILL) }
            let status = child.wait()
            guard status == 0, !lines.isEmpty else {
                return .failure(ChildFailure(errors.last ?? "it ended with status \(status)"))
            }
            return .success(lines.joined(separator: "\n"))
        } catch {
            return .failure(ChildFailure("\(error)"))
        }
    }
}

/// What went wrong with a child.
struct ChildFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
