import Foundation
import TestCertificates
import Testing
import UVEventLoop
import WorldInterface

/// `openssl s_server`, on a port that the system chose.
struct OpenSSLServer {
    static let path = PeerProcess.find("openssl")

    let process: PeerProcess
    let port: UInt16

    /// - Parameter answers: whether it answers each request with a page, and closes; else it says what it is told to.
    init(_ identity: TLSServerOptions, answers: Bool = true, _ arguments: [String] = []) async throws {
        let path = try #require(OpenSSLServer.path)
        process = try PeerProcess(
            path,
            ["s_server", "-accept", "127.0.0.1:0", "-cert", identity.certificateChainFile]
                + ["-cert_chain", identity.certificateChainFile, "-key", identity.privateKeyFile]
                + (answers ? ["-www"] : []) + arguments)
        let marker = "ACCEPT 127.0.0.1:"
        let isReady = await process.until { $0.contains(marker) }
        try #require(isReady, "openssl s_server does not listen: \(process.text)")
        let digits = process.text.components(separatedBy: marker).last?.prefix { $0.isNumber } ?? ""
        port = try #require(UInt16(digits))
    }
}

/// One nginx with a port for each of its servers.
struct NginxServer {
    static let path = PeerProcess.find("nginx")

    /// What stands in a server's block, besides the port and what all have.
    struct Block {
        var identity: TLSServerOptions?
        var lines: [String] = []
    }

    let process: PeerProcess
    let ports: [UInt16]

    init(_ rig: isolated LoopRig, in directory: String, _ blocks: [Block]) async throws {
        let path = try #require(NginxServer.path)
        var attempts = 0
        while true {
            attempts += 1
            let ports = try NginxServer.freePorts(rig, blocks.count)
            let file = directory + "/nginx.conf"
            try NginxServer.configuration(directory, blocks, ports)
                .write(toFile: file, atomically: true, encoding: .utf8)
            let process = try PeerProcess(path, ["-p", directory, "-c", file, "-e", "stderr"])
            if await NginxServer.answers(rig, ports[0], process) {
                (self.process, self.ports) = (process, ports)
                return
            }
            // Somebody else may have taken a port meanwhile.
            try #require(attempts < 5, "nginx does not run: \(process.text)")
        }
    }

    func end(in directory: String) {
        process.kill()
        for name in ["nginx.conf", "nginx.pid", "body", "fastcgi", "proxy", "scgi", "uwsgi"] {
            try? FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
    }

    private static func freePorts(_ rig: isolated LoopRig, _ count: Int) throws -> [UInt16] {
        let listeners = try (0..<count).map { _ in
            try rig.loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { _ in nil }
        }
        defer { for listener in listeners { listener.close() } }
        return listeners.map(\.port)
    }

    private static func answers(_ rig: isolated LoopRig, _ port: UInt16, _ process: PeerProcess) async -> Bool {
        for _ in 0..<500 {
            let client = Transcript()
            let stream = rig.loop.connect(to: Endpoint(host: "127.0.0.1", port: port), tls: nil, handler: client)
            await client.until { !client.said.isEmpty }
            let isOpen = client.said.first == "opened"
            stream.close()
            await client.until { client.said.last != "opened" }
            if isOpen { return !process.text.contains("[emerg]") }
            if process.text.contains("[emerg]") { return false }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    private static func configuration(_ directory: String, _ blocks: [Block], _ ports: [UInt16]) -> String {
        let servers = zip(blocks, ports).map { block, port in
            let identity = block.identity.map {
                "ssl_certificate \($0.certificateChainFile); ssl_certificate_key \($0.privateKeyFile);"
            }
            return """
                server {
                    listen 127.0.0.1:\(port)\(identity == nil ? "" : " ssl");
                    \(identity ?? "")
                    \(block.lines.joined(separator: "\n        "))
                    location / { return 200 "reused=$ssl_session_reused alpn=$ssl_alpn_protocol $ssl_protocol client=$ssl_client_s_dn.\\n"; }
                }
                """
        }
        let places = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"].map {
            "\($0)_temp_path \(directory)/\($0 == "client_body" ? "body" : $0);"
        }
        return """
            daemon off;
            master_process off;
            pid \(directory)/nginx.pid;
            error_log stderr error;
            events { worker_connections 256; }
            http {
                access_log off;
                \(places.joined(separator: "\n    "))
            \(servers.joined(separator: "\n"))
            }
            """
    }
}

/// What became of one attempt to get an answer.
enum TLSOutcome: CustomStringConvertible {
    /// The first line of the answer, and its body's last.
    case answered(String)
    /// The answer began but did not end as it should.
    case broken(String, NetworkError)
    case refused(NetworkError)

    var description: String {
        switch self {
        case .answered(let what): "answered: \(what)"
        case .broken(let what, let error): "\(what), then \(error.kind): \(error.message)"
        case .refused(let error): "\(error.kind): \(error.message)"
        }
    }

    var kind: NetworkError.Kind? {
        switch self {
        case .answered: nil
        case .broken(_, let error), .refused(let error): error.kind
        }
    }
}

extension LoopRig {
    /// By a stream: asks when it is open, and hears out the answer.
    /// - Parameter act: what else is done once the stream is open.
    func outcomeByStream(
        _ endpoint: Endpoint, _ tls: TLSClientOptions, asks: Bool = true, act: () async -> Void = {}
    ) async -> TLSOutcome {
        let client = TLSTranscript()
        client.stream = loop.connect(to: endpoint, tls: tls, handler: client)
        if asks { client.stream?.write(Array("GET / HTTP/1.0\r\nHost: \(endpoint)\r\n\r\n".utf8)) }
        await client.untilOpen()
        if client.isOpen { await act() }
        await client.untilClosed()
        let lines = String(decoding: client.received, as: UTF8.self).split(whereSeparator: \.isNewline)
        let answer = lines.first.map { first in
            "\(first)" + (lines.last.map { $0.hasPrefix("reused") ? ", \($0)" : "" } ?? "")
        }
        switch client.closure {
        case .endOfStream?: return .answered(answer ?? "nothing, but ended properly")
        case .failed(let error)?:
            return client.isOpen ? .broken(answer ?? "opened", error) : .refused(error)
        case .closedLocally?, nil: return .refused(NetworkError(.cancelled, "given up"))
        }
    }

    /// By a request over HTTP.
    func outcomeByRequest(
        _ endpoint: Endpoint, _ tls: TLSClientOptions, scheme: String = "https", timeout: Duration = safetyTimeout
    ) async -> TLSOutcome {
        do throws(NetworkError) {
            let answer = try await loop.perform(
                HTTPRequest(url: "\(scheme)://\(endpoint)/", timeout: timeout, tls: tls))
            let body = String(decoding: answer.body, as: UTF8.self).split(whereSeparator: \.isNewline).last ?? ""
            return .answered("\(answer.status)" + (body.hasPrefix("reused") ? ", \(body)" : ""))
        } catch {
            return .refused(error)
        }
    }
}

/// A handler that keeps everything, and that a test can wait for. Loop-confined.
final class TLSTranscript: StreamHandler {
    var stream: (any ByteStream)?
    private(set) var isOpen = false
    private(set) var received: [UInt8] = []
    private(set) var closure: StreamClosure?
    private var waiter: (condition: () -> Bool, continuation: CheckedContinuation<Void, Never>)?

    func streamOpened() {
        isOpen = true
        wake()
    }
    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        received.append(contentsOf: bytes)
        wake()
    }
    func streamDrained() {}
    func streamClosed(_ reason: StreamClosure) {
        closure = reason
        stream = nil
        wake()
    }

    private func wake() {
        guard let waiter, waiter.condition() else { return }
        self.waiter = nil
        waiter.continuation.resume()
    }

    nonisolated(nonsending) func until(_ condition: @escaping () -> Bool) async {
        if condition() { return }
        await withCheckedContinuation { waiter = (condition, $0) }
    }

    nonisolated(nonsending) func untilOpen() async { await until { [self] in isOpen || closure != nil } }

    nonisolated(nonsending) func untilClosed() async { await until { [self] in closure != nil } }
}
