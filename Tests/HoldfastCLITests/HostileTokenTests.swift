import ConnectionLifecycle
import Foundation
import Holdfast
import HoldfastMattermost
import HoldfastStore
import Testing
import UVEventLoop
import WebSocketCodec
import WorldInterface

/// A token and a password that would be recognised anywhere, against a server that says them back wherever it can speak.
@Suite("Secrets stay secret", .timeLimit(.minutes(10)))
struct HostileTokenTests {
    private static let secret = "tkn7recognisable7secret"

    /// How the server answers: with the secret in every place that a message could be made of.
    enum Echo: String, CaseIterable, Sendable {
        case unauthorized, serverError, page, redirect, upgradeRefused, invalidUpgrade, closed, closedWithAccent,
            failed
        case noHTTP, noTLS
    }

    @Test("watch and echo print, trace and store nothing of it", arguments: Echo.allCases)
    func commands(echo: Echo) async throws {
        let server = try await EchoingServer(echo, secret: Self.secret)
        defer { server.end() }
        for command in ["watch", "echo"] {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("secrets-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let tokenFile = folder.appendingPathComponent("token")
            try Data((Self.secret + "\n").utf8).write(to: tokenFile)
            let process = try CommandProcess(
                [
                    command, "--server", server.url, "--token-file", tokenFile.path, "--probe-interval", "200ms",
                    "--duration", "1500ms",
                ]
                    + [
                        command == "watch" ? ["--trace", folder.path + "/trace"] : [],
                        ["--store", folder.path + "/store"],
                    ].flatMap { $0 })
            let isSeen = Self.processShows(argument: tokenFile.path)
            _ = await process.status()
            #expect(server.requests > 0, "\(command) never asked")
            #expect(!isSeen, "\(command) shows it in its arguments or its environment")
            let said = (process.output.all + process.errors.all).joined(separator: "\n")
            #expect(command == "echo" || !said.isEmpty, "watch says nothing")
            #expect(!said.utf8Contains(Self.secret), "\(command), \(echo): \(said.prefix(2000))")
            // What it left behind, side files and all.
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file != "token" {
                let bytes = try Data(contentsOf: folder.appendingPathComponent(file))
                #expect(bytes.range(of: Data(Self.secret.utf8)) == nil, "\(command), \(echo): in the file \(file)")
            }
        }
    }

    /// Whether the process that was given this argument shows the secret to whoever looks at `/proc`.
    private static func processShows(argument: String) -> Bool {
        let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int($0) != nil }
        for number in numbers {
            guard let line = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(number)/cmdline")),
                line.range(of: Data(argument.utf8)) != nil
            else { continue }
            let environment = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(number)/environ"))) ?? Data()
            return (line + environment).range(of: Data(secret.utf8)) != nil
        }
        return false
    }

    @Test("nothing that holds it shows it, described, reflected or dumped")
    func values() throws {
        let token = try Token(Self.secret)
        var options = MattermostOptions()
        options.authentication = .challenge
        let service = MattermostService(
            server: try ServerURL("https://chat.example.com"), token: token, options: options, store: MemoryStore())
        let loop = try EventLoop.start()
        defer { try? loop.stop() }
        let request = HTTPRequest(
            url: "https://u:\(Self.secret)@chat.example.com/x?access_token=\(Self.secret)",
            headers: [("Authorization", token.authorization)], body: Array("{\"password\":\"\(Self.secret)\"}".utf8))
        let values: [Any] = [
            token, service, options, service.client(on: loop), Connection(service, on: loop), Configuration(), request,
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(describing: value), String(reflecting: value), dumped] {
                #expect(!text.utf8Contains(Self.secret), "\(type(of: value)): \(text.prefix(500))")
            }
        }
        for text in [Self.secret + " \u{1}", Self.secret + "\nX: y", String(repeating: Self.secret, count: 300)] {
            #expect {
                try Token(text)
            } throws: { !"\($0) \(String(reflecting: $0))".utf8Contains(Self.secret) }
        }
        for url in [
            "https://u:\(Self.secret)@h", "https://h/?t=\(Self.secret)", "ftp://\(Self.secret)",
            "https://h:\(Self.secret)",
        ] {
            #expect {
                try ServerURL(url)
            } throws: { !"\($0)".utf8Contains(Self.secret) }
        }
    }

    @Test("no error of the REST API shows token or password, also where the server says it with an accent")
    func errors() async throws {
        let body = "no \(Self.secret)\u{301} <b>\(Self.secret)</b> \(Self.secret)\(Self.secret)"
        for status in [400, 401, 403, 404, 429, 500, 503, 302, 600] {
            for text in [body, #"{"id":"\#(Self.secret)","message":"\#(body.replacing("\"", with: ""))"}"#] {
                let client = MattermostClient(
                    server: try ServerURL("http://localhost"), token: try Token(Self.secret),
                    now: { Instant(nanoseconds: 0) }, makeSeed: { 1 }, pause: { _ async throws(CancellationError) in },
                    perform: { _ async throws(NetworkError) in
                        HTTPResponse(status: status, headers: [("Location", Self.secret)], body: Array(text.utf8))
                    })
                await #expect {
                    _ = try await client.me()
                } throws: { !"\($0) \(String(reflecting: $0))".utf8Contains(Self.secret) }
                await #expect {
                    _ = try await client.login(id: "u", password: Self.secret)
                } throws: { !"\($0) \(String(reflecting: $0))".utf8Contains(Self.secret) }
            }
        }
    }

    #if os(Linux)
        /// The registers and stacks that Swift's backtrace prints, of a process that has the token in its memory.
        @Test(
            "a crash report does not show it",
            .enabled(if: FileManager.default.isExecutableFile(atPath: backtracer), "swift-backtrace is not here"),
            .enabled(
                if: ProcessInfo.processInfo.environment["ASAN_OPTIONS"] == nil,
                "AddressSanitizer would make the report"))
        func crash() async throws {
            let server = try await EchoingServer(.closed, secret: Self.secret)
            defer { server.end() }
            let process = try CommandProcess(
                ["watch", "--server", server.url, "--duration", "30s"],
                environment: [
                    "HOLDFAST_TOKEN": Self.secret,
                    "SWIFT_BACKTRACE":
                        "enable=yes,color=no,interactive=no,threads=all,registers=all,output-to=stderr,swift-backtrace=\(Self.backtracer)",
                ])
            try await process.output.wait("a transition") { !$0.isEmpty }
            process.send(SIGSEGV)
            try await process.errors.wait("the report's end") { lines in
                lines.contains { $0.hasPrefix("Backtrace took") }
            }
            // A signal that somebody sends is over when it has been told of.
            process.send(SIGKILL)
            _ = await process.status()
            let report = process.errors.all.joined(separator: "\n")
            #expect(report.contains("Program crashed") && report.contains("crashed:"), "\(report.prefix(500))")
            #expect(!report.utf8Contains(Self.secret))
        }

        private static let backtracer: String = {
            let swift = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map { "\($0)/swift" }
                .first { FileManager.default.isExecutableFile(atPath: $0) }
            let bin =
                swift.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().deletingLastPathComponent().path } ?? ""
            return "\(bin)/../libexec/swift/linux/swift-backtrace"
        }()
    #endif
}

extension String {
    /// Byte for byte: as characters, an accent behind the secret would hide it from the search.
    fileprivate func utf8Contains(_ part: String) -> Bool { Data(utf8).range(of: Data(part.utf8)) != nil }
}

/// Says the secret back.
private final class EchoingServer: Sendable {
    let url: String
    private let loop: EventLoop
    private let count: RequestCount

    var requests: Int { count.value }

    init(_ echo: HostileTokenTests.Echo, secret: String) async throws {
        let loop = try EventLoop.start(name: "echoing")
        let count = RequestCount()
        self.loop = loop
        self.count = count
        let port = try await loop.run { () async throws(NetworkError) in
            try loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { stream in
                EchoingStream(stream, echo, secret, count)
            }.port
        }
        url = "\(echo == .noTLS ? "https" : "http")://127.0.0.1:\(port)"
    }

    /// Its listener is still open, which `stop` tells of after it has stopped.
    func end() { try? loop.stop() }
}

/// A lock guards it.
private final class RequestCount: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0
    var value: Int { lock.withLock { count } }
    func add() { lock.withLock { count += 1 } }
}

private final class EchoingStream: StreamHandler {
    private let stream: any ByteStream
    private let echo: HostileTokenTests.Echo
    private let secret: String
    private let count: RequestCount
    private var isUpgraded = false

    init(_ stream: any ByteStream, _ echo: HostileTokenTests.Echo, _ secret: String, _ count: RequestCount) {
        self.stream = stream
        self.echo = echo
        self.secret = secret
        self.count = count
    }

    func streamOpened() {}
    func streamDrained() {}
    func streamClosed(_ reason: StreamClosure) {}

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        guard !isUpgraded else { return }
        count.add()
        let request = String(decoding: bytes, as: UTF8.self)
        let isUpgrade = request.contains("/websocket")
        let error = #"{"id":"\#(secret)","message":"your token \#(secret) is wrong","status_code":401}"#
        switch echo {
        case .unauthorized: answer("401 \(secret)", error)
        case .serverError: answer("500 \(secret)", error)
        case .page: answer("502 \(secret)", "<html><title>\(secret)</title><b>\(secret)</b></html>")
        case .redirect: answer("302 \(secret)", "", "Location: http://\(secret)/\(secret)\r\n")
        case .noHTTP, .noTLS: stream.write(Array("\(secret) \(secret)\r\n\r\n".utf8))
        case .upgradeRefused: if isUpgrade { answer("403 \(secret)", secret) } else { usual(request) }
        case .invalidUpgrade:
            if isUpgrade {
                answer("101 \(secret)", "", "Upgrade: \(secret)\r\nConnection: \(secret)\r\n\(secret): \(secret)\r\n")
            } else {
                usual(request)
            }
        case .closed: if isUpgrade { upgrade(request, close: secret) } else { usual(request) }
        case .closedWithAccent: if isUpgrade { upgrade(request, close: secret + "\u{301}") } else { usual(request) }
        case .failed: if isUpgrade { upgrade(request, close: nil) } else { usual(request) }
        }
    }

    private func usual(_ request: String) {
        if request.contains("/users/me ") { return answer("200 OK", #"{"id":"me","username":"bot","update_at":1}"#) }
        answer("200 OK", "[]")
    }

    private func answer(_ status: String, _ body: String, _ headers: String = "") {
        stream.write(
            Array(
                "HTTP/1.1 \(status)\r\nX: \(secret)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)".utf8
            ))
    }

    private func upgrade(_ request: String, close reason: String?) {
        isUpgraded = true
        let line = request.split(separator: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-key:") } ?? ""
        guard let key = WebSocketHandshakeKey(headerValue: String(line.dropFirst(19))) else { return }
        var bytes = Array(
            ("HTTP/1.1 101 \(secret)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX: \(secret)\r\n"
                + "Sec-WebSocket-Accept: \(key.acceptHeaderValue)\r\n\r\n").utf8)
        let hello =
            #"{"event":"hello","data":{"connection_id":"k","server_version":"6"},"broadcast":{"user_id":"me"},"seq":0}"#
        WebSocketEncoder.appendText(hello, maskingKey: nil, to: &bytes)
        if let reason {
            WebSocketEncoder.appendText(#"{"status":"OK","seq_reply":1}"#, maskingKey: nil, to: &bytes)
            WebSocketEncoder.appendClose(.policyViolation, reason: reason, maskingKey: nil, to: &bytes)
        } else {
            let fail =
                #"{"status":"FAIL","seq_reply":1,"error":{"id":"\#(secret)","message":"\#(secret)","status_code":401}}"#
            WebSocketEncoder.appendText(fail, maskingKey: nil, to: &bytes)
        }
        stream.write(bytes)
    }
}
