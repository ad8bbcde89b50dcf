import Foundation
import Locking
import Testing

/// A Chromium without windows, led by the DevTools protocol over its pipes. Ends with the test: `run` closes it.
final class Browser: Sendable {
    /// Where it is; nil where none is.
    static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .flatMap { folder in ["chromium", "google-chrome"].map { "\(folder)/\($0)" } }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    struct Failure: Error, CustomStringConvertible { var description: String }

    /// Of an answer only what is asked for.
    private struct Message: Decodable {
        struct Problem: Decodable { var message: String }
        var id: Int?
        var method: String?
        var error: Problem?
    }

    private struct Answer<Result: Decodable>: Decodable { var result: Result }

    private struct State {
        var last = 0
        var waiting: [Int: CheckedContinuation<Data?, Never>] = [:]
        var complaints: [String] = []
        var hasEnded = false
    }

    private let state = Lock(State())
    private let process = Process()
    private let commands = Pipe()
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("browser-\(UUID().uuidString)")

    /// Runs a browser for as long as `body` does, and for no longer than its task is wanted.
    static func run(_ body: @Sendable (Browser) async throws -> Void) async throws {
        let browser = try Browser()
        defer { browser.end() }
        try await withTaskCancellationHandler {
            try await body(browser)
        } onCancel: {
            browser.process.terminate()
        }
    }

    private init() throws {
        // A browser that has died is an error, not the end of this process.
        signal(SIGPIPE, SIG_IGN)
        let answers = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // It reads commands from descriptor 3, and answers on 4.
        process.arguments = [
            "-c", #"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null"#, try #require(Self.path),
            "--remote-debugging-pipe", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-extensions",
            "--hide-scrollbars", "--window-size=1440,1240", "--user-data-dir=\(folder.path)", "about:blank",
        ]
        (process.standardInput, process.standardOutput) = (commands, answers)
        try process.run()
        // Reading blocks: a thread of its own.
        Thread.detachNewThread { [self] in read(answers.fileHandleForReading) }
    }

    private func end() {
        try? commands.fileHandleForWriting.close()
        // It ends with its commands, unless it hangs.
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// What pages wrote to their consoles, what failed in them, and what their policy forbade.
    var complaints: [String] { state.withLock { $0.complaints } }

    /// A new page. `complaints` has all that it complains of, from its first line on.
    func page(_ url: String) async throws -> Page {
        struct Target: Decodable { var targetId: String }
        struct Attached: Decodable { var sessionId: String }
        let target: Target = try await ask("Target.createTarget", ["url": "about:blank"])
        let attached: Attached = try await ask(
            "Target.attachToTarget", ["targetId": target.targetId, "flatten": true])
        let page = Page(browser: self, session: attached.sessionId)
        for domain in ["Runtime", "Log", "Page"] { try await page.tell("\(domain).enable") }
        try await page.tell("Page.navigate", ["url": url])
        return page
    }

    // MARK: - The protocol: JSON objects, each with U+0000 behind it

    func ask<Result: Decodable>(
        _ method: String, _ parameters: sending [String: Any] = [:], session: String? = nil
    ) async throws -> Result {
        try Self.result(Result.self, of: try await perform(method, parameters, session))
    }

    static func result<Result: Decodable>(_: Result.Type, of answer: Data) throws -> Result {
        try JSONDecoder().decode(Answer<Result>.self, from: answer).result
    }

    func perform(_ method: String, _ parameters: sending [String: Any], _ session: String?) async throws -> Data {
        let id = state.withLock { state in
            state.last += 1
            return state.last
        }
        var command: [String: Any] = ["id": id, "method": method, "params": parameters]
        command["sessionId"] = session
        let bytes = try JSONSerialization.data(withJSONObject: command) + [0]
        let answer = await withCheckedContinuation { continuation in
            let isLate = state.withLock { state in
                if !state.hasEnded { state.waiting[id] = continuation }
                return state.hasEnded
            }
            if isLate { return continuation.resume(returning: nil) }
            // Where it fails the browser has gone, and the reader says so.
            try? commands.fileHandleForWriting.write(contentsOf: bytes)
        }
        guard let answer else { throw Failure(description: "the browser ended before it answered \(method)") }
        if let error = try JSONDecoder().decode(Message.self, from: answer).error {
            throw Failure(description: "\(method): \(error.message)")
        }
        return answer
    }

    private func read(_ answers: FileHandle) {
        var rest = Data()
        while case let part = answers.availableData, !part.isEmpty {
            rest += part
            while let end = rest.firstIndex(of: 0) {
                take(Data(rest[..<end]))
                rest = Data(rest[rest.index(after: end)...])
            }
        }
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            state.hasEnded = true
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: nil) }
    }

    private func take(_ bytes: Data) {
        guard let message = try? JSONDecoder().decode(Message.self, from: bytes) else { return }
        if let id = message.id {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: bytes)
        } else if ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"].contains(message.method) {
            state.withLock { $0.complaints.append(String(decoding: bytes, as: UTF8.self)) }
        }
    }
}

/// A page in a browser.
struct Page: Sendable {
    enum Theme: String, CaseIterable { case light, dark }

    let browser: Browser
    let session: String

    func tell(_ method: String, _ parameters: sending [String: Any] = [:]) async throws {
        _ = try await browser.perform(method, parameters, session)
    }

    /// What an expression of JavaScript yields, a text; a promise is waited for.
    @discardableResult func value(_ expression: String) async throws -> String {
        struct Evaluated: Decodable {
            struct Value: Decodable { var value: String? }
            var result: Value
        }
        struct Thrown: Decodable {
            struct Details: Decodable { var exception: Exception? }
            struct Exception: Decodable { var description: String? }
            var exceptionDetails: Details?
        }
        let answer = try await browser.perform(
            "Runtime.evaluate", ["expression": expression, "awaitPromise": true, "returnByValue": true], session)
        if let details = try Browser.result(Thrown.self, of: answer).exceptionDetails {
            throw Browser.Failure(description: "\(details.exception?.description ?? "it failed"), in \(expression)")
        }
        return try Browser.result(Evaluated.self, of: answer).result.value ?? ""
    }

    /// Waits for changes of the page until an expression is true.
    func wait(until condition: String) async throws {
        do {
            try await value(
                """
                new Promise((resolve) => {
                  const observer = new MutationObserver(() => look());
                  const look = () => { if (\(condition)) { observer.disconnect(); resolve(""); } };
                  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
                  look();
                })
                """)
        } catch {
            throw Browser.Failure(description: "never on the page: \(condition) (\(error))")
        }
    }

    /// Writes what is to be seen, as PNG, in each theme: `FOLDER/NAME-light.png` and `FOLDER/NAME-dark.png`.
    func photograph(_ name: String, to folder: String) async throws {
        struct Picture: Decodable { var data: Data }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for theme in Theme.allCases {
            try await tell(
                "Emulation.setEmulatedMedia",
                ["features": [["name": "prefers-color-scheme", "value": theme.rawValue]]])
            let picture: Picture = try await browser.ask("Page.captureScreenshot", ["format": "png"], session: session)
            try picture.data.write(to: URL(fileURLWithPath: "\(folder)/\(name)-\(theme.rawValue).png"))
        }
    }
}
