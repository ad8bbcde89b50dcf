import Foundation
import MattermostSimulator
import TestProxy
import Testing
import UVEventLoop
import WorldInterface

#if canImport(Glibc)
    import Glibc
#endif

/// `holdfast watch` on its way to a simulator: proxies of our own and of others, and without descriptors.
@Suite(.timeLimit(.minutes(10))) struct WatchTransportTests {
    enum Choice: CaseIterable { case environment, option }

    @Test(arguments: Choice.allCases) func theProxyIsTakenFromTheEnvironmentOrTheOption(choice: Choice) async throws {
        let loop = try EventLoop.start(name: "proxy")
        let proxy = ProxyHost(loop)
        let file = try SecretFile("someone:hunter:2\n")
        try await WatchRig.run { simulator in
            let endpoint = try await proxy.start { head in
                head.contains("\r\nProxy-Authorization: Basic c29tZW9uZTpodW50ZXI6Mg==")
                    ? .tunnel(of: head, to: simulator) : .answer("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
            }
            // A name that only the proxy knows.
            var front = WatchRig.Front(server: "http://chat.internal.invalid:8065")
            switch choice {
            case .environment:
                front.environment = [
                    "http_proxy": "http://someone:hunter%3A2@\(endpoint)", "no_proxy": "other.invalid,10.0.0.0/8",
                ]
            case .option:
                front.options = ["--proxy", "http://\(endpoint)", "--proxy-credentials-file", file.path]
                front.environment = ["http_proxy": "http://unused.invalid:1", "no_proxy": "*"]
            }
            return front
        } _: { rig in
            try await rig.opened()
            try await rig.watch.output.wait(for: ["type": "verdict", "verdict": "alive"])
            await rig.post("through the proxy")
            try await rig.hears("through the proxy")
            let heads = await proxy.heads
            #expect(heads.count >= 2, "WebSocket and REST")
            #expect(heads.allSatisfy { $0.hasPrefix("CONNECT chat.internal.invalid:8065 ") })
            #expect(!(rig.watch.output.all + rig.watch.errors.all).joined().contains("hunter"))
        }
        await proxy.stop()
        try loop.stop()
    }

    @Test func whatIsExemptOrOnThisMachineGoesAroundTheProxy() async throws {
        try await WatchRig.run { _ in
            WatchRig.Front(environment: ["http_proxy": "http://127.0.0.1:1", "all_proxy": "http://127.0.0.1:1"])
        } _: { rig in
            try await rig.opened()
        }
    }

    @Test func aProxyThatIsNotThereGetsOneLineThatSaysWhatToDo() async throws {
        let watch = try CommandProcess(
            ["watch", "--server", "https://chat.internal.invalid"],
            environment: ["HOLDFAST_TOKEN": "t", "https_proxy": "http://u:hunter2@127.0.0.1:1"])
        try await watch.output.wait("a second attempt") { lines in
            lines.count { LineLog.object($0)["to"] as? String == "connecting" } >= 2
        }
        let line = watch.errors.all.first ?? ""
        #expect(line.contains("the proxy http://127.0.0.1:1: "), "\(line)")
        #expect(line.contains("check --proxy"), "\(line)")
        #expect(!(watch.errors.all + watch.output.all).joined().contains("hunter2"))
        watch.send(SIGTERM)
        #expect(await watch.status() == 0)
    }

    @Test(.enabled(if: Tool.path("tinyproxy") != nil, "tinyproxy is not here: .ci/setup --all"))
    func tinyproxyLetsBothThrough() async throws {
        let folder = try ScratchFolder()
        let port = try freePort()
        let file = try SecretFile("someone:hunter2")
        try folder.write(
            "tinyproxy.conf",
            """
            Port \(port)
            Listen 127.0.0.1
            Timeout 60
            Allow 127.0.0.1
            BasicAuth someone hunter2
            LogLevel Connect
            """)
        let program = try CommandProcess(
            ["-d", "-c", folder.path("tinyproxy.conf")], executable: try #require(Tool.path("tinyproxy")))
        try await WatchRig.run { simulator in
            WatchRig.Front(
                server: "http://localhost:\(simulator.port)",
                options: ["--proxy", "http://127.0.0.1:\(port)", "--proxy-credentials-file", file.path])
        } _: { rig in
            try await rig.opened()
            try await rig.watch.output.wait(for: ["type": "verdict", "verdict": "alive"])
            await rig.post("through tinyproxy")
            try await rig.hears("through tinyproxy")
            try await program.output.wait("its log") { lines in
                lines.count { $0.contains("CONNECT localhost:") } >= 2
            }
        }
        program.send(SIGTERM)
        await program.status()
    }

    @Test(.enabled(if: Tool.path("tinyproxy") != nil, "tinyproxy is not here: .ci/setup --all"))
    func tinyproxysRefusalIsToldInItsWords() async throws {
        let folder = try ScratchFolder()
        let port = try freePort()
        try folder.write(
            "tinyproxy.conf", "Port \(port)\nListen 127.0.0.1\nAllow 127.0.0.1\nBasicAuth someone hunter2\n")
        let program = try CommandProcess(
            ["-d", "-c", folder.path("tinyproxy.conf")], executable: try #require(Tool.path("tinyproxy")))
        try await WatchRig.run { simulator in
            WatchRig.Front(
                server: "http://localhost:\(simulator.port)", options: ["--proxy", "http://127.0.0.1:\(port)"])
        } _: { rig in
            try await rig.watch.errors.wait("the refusal") { $0.contains { $0.contains(" answered 40") } }
            let line = rig.watch.errors.all.first { $0.contains(" answered 40") } ?? ""
            #expect(line.contains("the proxy http://127.0.0.1:\(port) answered 407"), "\(line)")
            #expect(line.contains("none are given"), "\(line)")
        }
        program.send(SIGTERM)
        await program.status()
    }

    @Test(.enabled(if: Tool.path("nginx") != nil, "nginx is not here: .ci/setup --all"))
    func nginxServesTheServerUnderABasePath() async throws {
        let folder = try ScratchFolder()
        let port = try freePort()
        let nginx = try #require(Tool.path("nginx"))
        let program = Box<CommandProcess>()
        try await WatchRig.run { simulator in
            try folder.write(
                "nginx.conf",
                """
                daemon off; pid \(folder.path("nginx.pid")); error_log stderr;
                events {}
                http {
                    access_log off;
                    client_body_temp_path \(folder.path("body")); proxy_temp_path \(folder.path("proxy"));
                    fastcgi_temp_path \(folder.path("fastcgi")); uwsgi_temp_path \(folder.path("uwsgi"));
                    scgi_temp_path \(folder.path("scgi"));
                    server {
                        listen 127.0.0.1:\(port);
                        location /chat/team/ {
                            proxy_pass http://\(simulator)/;
                            proxy_http_version 1.1;
                            proxy_set_header Host $http_host;
                            proxy_set_header Upgrade $http_upgrade;
                            proxy_set_header Connection upgrade;
                        }
                    }
                }
                """)
            program.value = try CommandProcess(["-c", folder.path("nginx.conf")], executable: nginx)
            return WatchRig.Front(server: "http://127.0.0.1:\(port)/chat/team/")
        } _: { rig in
            try await rig.opened()
            try await rig.watch.output.wait(for: ["type": "verdict", "verdict": "alive"])
            await rig.post("through nginx")
            try await rig.hears("through nginx")
        }
        program.value?.send(SIGTERM)
        await program.value?.status()
    }

    @Test(.enabled(if: Tool.path("prlimit") != nil, "prlimit is not here: it is part of util-linux"))
    func withoutDescriptorsItBacksOffSaysWhyAndRecovers() async throws {
        try await WatchRig.run(["--probe-interval", "300ms"]) { rig in
            try await rig.opened()
            try await rig.watch.output.wait(for: ["type": "verdict", "verdict": "alive"])
            // Below all that it has: nothing can be opened, not even what was closed before.
            try await limitDescriptors(of: rig.watch, to: "3:")
            await rig.simulator.drop(.reset)
            try await rig.watch.output.wait("three attempts that fail so") { lines in
                lines.count { line in
                    let object = LineLog.object(line)
                    let reason = object["reason"] as? String ?? ""
                    return object["event"] as? String == "attemptFailed" && object["to"] as? String == "backoff"
                        && reason.contains("this process may not open more files: raise its limit (ulimit -n)")
                } >= 3
            }
            #expect(rig.watch.errors.all.contains { $0.contains("ulimit -n") && !$0.contains("check the URL") })
            let lines = rig.watch.output.all.count
            try await limitDescriptors(of: rig.watch, to: "1024:")
            try await rig.watch.output.wait(for: ["event": "ready", "to": "open"], from: lines)
            await rig.post("again")
            try await rig.hears("again")
        }
    }
}

/// Sets the soft limit of another process.
private func limitDescriptors(of process: CommandProcess, to limit: String) async throws {
    let program = try CommandProcess(
        ["--pid", "\(process.identifier)", "--nofile=\(limit)"], executable: try #require(Tool.path("prlimit")))
    #expect(await program.status() == 0, "\(program.errors.all)")
}

/// A port that was free a moment ago, for a program that cannot choose one itself.
private func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = bind(descriptor, $0, length)
            _ = getsockname(descriptor, $0, &length)
        }
    }
    return UInt16(bigEndian: address.sin_port)
}

/// A program of somebody else.
private enum Tool {
    /// On the PATH, or where Debian has what only root runs.
    static func path(_ name: String) -> String? {
        let folders: [Substring] = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return (folders + ["/usr/sbin"]).map { "\($0)/\(name)" }.first { (path: String) in access(path, X_OK) == 0 }
    }
}

/// A value that a closure leaves behind.
private final class Box<Value> {
    var value: Value?
}

/// A folder that goes with the test.
private final class ScratchFolder {
    private let url = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: url.appendingPathComponent(name))
    }
}

/// A file with a secret, which goes with the test.
private final class SecretFile {
    private let folder: ScratchFolder
    var path: String { folder.path("secret") }

    init(_ text: String) throws {
        folder = try ScratchFolder()
        try folder.write("secret", text)
    }
}
