import Locking

@testable import HoldfastGateway

/// A configuration file in a test, with what surrounds it: secrets, files and programs by name.
struct ConfigurationFixture {
    static let folder = "/conf"

    /// All that the good documents of these tests refer to.
    static let surroundings = GatewayConfiguration.Surroundings(
        secretFile: { path throws(GatewayConfiguration.UnusableFile) in
            let secrets = [
                "/conf/a.token": "token-a\n", "/conf/b.token": " token-b ", "/conf/c.token": "token-a",
                "/conf/empty": " \n", "/conf/spaces": "two words", "/conf/proxy": "me:pass word\n",
                "/conf/no-colon": "me",
                "/conf/long": String(repeating: "x", count: 5000), "/abs/a.token": "token-z",
            ]
            guard let secret = secrets[path] else { throw GatewayConfiguration.UnusableFile("cannot be read: gone") }
            return Array(secret.utf8)
        },
        variable: { name in ["TOKEN_E": "token-e", "EMPTY": "", "HOOK": "hook-secret", "PROXY": "me:secret"][name] },
        checkReadable: { path throws(GatewayConfiguration.UnusableFile) in
            guard path.hasSuffix(".pem") else { throw GatewayConfiguration.UnusableFile("cannot be read: gone") }
        },
        checkExecutable: { path throws(GatewayConfiguration.UnusableFile) in
            guard path == "/conf/handler" else { throw GatewayConfiguration.UnusableFile("cannot be started: gone") }
        },
        processors: 3)

    static func read(_ text: String) throws(InvalidConfiguration) -> GatewayConfiguration.Loaded {
        try GatewayConfiguration.read(
            Array(text.utf8), file: "gw.json", folder: folder, surroundings: surroundings)
    }

    /// What is wrong with a text, `LINE:COLUMN: message` each; none where it is good.
    static func problems(_ text: String) -> [String] {
        do throws(InvalidConfiguration) {
            _ = try read(text)
            return []
        } catch {
            return error.reason.map { [$0] } ?? error.problems.map(\.description)
        }
    }

    /// Takes out the mark `‸`, which stands where a problem is expected.
    static func marked(_ text: String) -> (text: String, place: String?) {
        guard let mark = text.firstIndex(of: "‸") else { return (text, nil) }
        let lines = text[..<mark].split(separator: "\n", omittingEmptySubsequences: false)
        return (text.replacing("‸", with: ""), "\(lines.count):\((lines.last ?? "").unicodeScalars.count + 1)")
    }

    /// The least that a file needs.
    static let minimal = #"{"servers": {}, "sinks": {}, "accounts": []}"#

    /// Every key is in it, but those that exclude others.
    static let full = """
        {
          "$schema": "urn:holdfast:gateway-configuration",
          "store": "store.holdfast",
          "loops": 2,
          "log": { "format": "json", "level": "debug" },
          "status": { "listen": "0.0.0.0:8090", "token_file": "b.token" },
          "control": "/run/gateway.sock",
          "shutdown_seconds": 2.5,
          "servers": {
            "main": {
              "url": "https://chat.example.com/base", "attempts_per_second": 0.5, "attempt_burst": 7,
              "probe_interval_seconds": 12.5, "probe_timeout_seconds": 3, "authentication": "challenge",
              "canary": "always", "on_revision_change": "reconnect", "ca_file": "ca.pem",
              "client_certificate_file": "me.pem", "client_key_file": "key.pem", "crl_file": "crl.pem",
              "proxy": "http://proxy.example:3128", "proxy_credentials_file": "proxy"
            },
            "other": { "url": "https://other.example", "proxy": "http://p:1", "proxy_credentials_env": "PROXY" },
            "plain": { "url": "http://127.0.0.1:8065", "proxy": "none" }
          },
          "sinks": {
            "lines": { "type": "stdout" },
            "local": {
              "type": "command", "command": ["./handler", "--x", ""], "environment": { "A": "b\\n" }, "timeout_seconds": 1
            },
            "hook": {
              "type": "webhook", "url": "https://hooks.example/x?key=y", "secret_env": "HOOK", "timeout_seconds": 3,
              "maximum_in_flight": 9, "ca_file": "ca.pem"
            },
            "hook2": { "type": "webhook", "url": "https://hooks.example", "secret_file": "b.token" }
          },
          "accounts": [
            { "name": "a", "server": "main", "token_file": "a.token", "sink": "lines" },
            { "name": "b", "server": "other", "token_file": "c.token", "sink": "local" },
            { "name": "c", "server": "plain", "token_env": "TOKEN_E", "sink": "hook" },
            { "name": "d", "server": "plain", "token_file": "/abs/a.token", "sink": "hook2" }
          ]
        }
        """
}
