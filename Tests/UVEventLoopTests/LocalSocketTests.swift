import Foundation
import Testing
import WorldInterface

@testable import UVEventLoop

/// Sockets of the local machine, found by a path.
@Suite(.timeLimit(.minutes(10))) struct LocalSocketTests {
    private func run(_ body: @Sendable (EventLoop, _ path: String) async throws -> Void) async throws {
        let folder = "/tmp/holdfast-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await withLoop { loop in try await body(loop, folder + "/socket") }
    }

    /// Answers each request with `text`.
    private func answering(
        _ loop: EventLoop, _ path: String, _ text: String = "hello"
    ) throws(NetworkError) -> any Listener {
        try loop.listen(atPath: path) { stream in
            let answer = Recorder(loop)
            answer.stream = stream
            answer.whenReceived = { answer, _ in
                let head = "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n"
                answer.stream?.write(Array((head + text).utf8))
            }
            return answer
        }
    }

    @Test func aRequestGoesToASocketThatOnlyItsUserMayUse() async throws {
        try await run { loop, path in
            let listener = try answering(loop, path)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let response = try await loop.perform(HTTPRequest(url: "http://localhost/x", socketPath: path))
            #expect(response.status == 200 && response.body == Array("hello".utf8))
            listener.close()
            loop.closeHTTPConnections()
            #expect(!FileManager.default.fileExists(atPath: path), "it is removed at the end")
        }
    }

    @Test func whatAKilledProcessLeftIsReplaced() async throws {
        try await run { loop, path in
            #expect(Self.abandonSocket(path))
            let listener = try answering(loop, path, "anew")
            let response = try await loop.perform(HTTPRequest(url: "http://localhost/", socketPath: path))
            #expect(response.body == Array("anew".utf8))
            listener.close()
            loop.closeHTTPConnections()
        }
    }

    @Test func aSocketInUseIsLeftAlone() async throws {
        try await run { loop, path in
            let listener = try answering(loop, path)
            expectRefusal(loop, path, "another process listens there")
            let response = try await loop.perform(HTTPRequest(url: "http://localhost/", socketPath: path))
            #expect(response.status == 200)
            listener.close()
            loop.closeHTTPConnections()
        }
    }

    @Test func anotherFileIsLeftAlone() async throws {
        try await run { loop, path in
            try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
            expectRefusal(loop, path, "a file of another kind is there")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        }
    }

    @Test func whatCannotBeAPathIsRefused() async throws {
        try await run { loop, path in
            let long = "/tmp/" + String(repeating: "x", count: EventLoop.longestSocketPath - 4)
            for wrong in ["", long, "/tmp/a\0b"] { expectRefusal(loop, wrong, "1 to 103 bytes") }
            expectRefusal(loop, path + "/below", "cannot listen on \(path)/below")
        }
    }

    private func expectRefusal(_ loop: EventLoop, _ path: String, _ reason: String) {
        do throws(NetworkError) {
            try loop.listen(atPath: path) { _ in nil }.close()
            Issue.record("it listens at \(path)")
        } catch {
            #expect(error.message.contains(reason), "\(error.message)")
        }
    }

    /// Binds a socket and ends without removing its file, as `kill -9` does.
    private static func abandonSocket(_ path: String) -> Bool {
        #if canImport(Darwin)
            let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #else
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
