import Foundation
import HoldfastMattermost
import Testing

@testable import HoldfastGateway

/// Secrets come from files and variables of this process, and are not seen again.
@Suite("Secrets of a configuration")
struct SecretTests {
    /// A folder with a configuration and a token.
    private final class Folder {
        let path: String

        init() throws {
            let url = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            path = url.path
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
            #expect(chmod("\(path)/\(name)", mode) == 0)
        }

        /// What is wrong with the configuration, without the folder's own path.
        var problems: [String] {
            do throws(InvalidConfiguration) {
                _ = try GatewayConfiguration.load("\(path)/gw.json")
                return []
            } catch {
                return error.description.split(separator: "\n").map { String($0.replacing(path, with: "FOLDER")) }
            }
        }
    }

    private static let text = """
        {"servers": {"s": {"url": "https://a"}}, "sinks": {"k": {"type": "stdout"}}, "accounts": [
        {"name": "a", "server": "s", "sink": "k", "token_file": "bot.token"}]}
        """

    @Test("a private file is read, from beside the configuration")
    func file() throws {
        let folder = try Folder()
        try folder.write("gw.json", Self.text)
        try folder.write("bot.token", "abcdef123\n")
        let loaded = try GatewayConfiguration.load("\(folder.path)/gw.json")
        #expect(loaded.configuration.accounts.first?.token.secret == "abcdef123")
        #expect(loaded.configuration.store == "\(folder.path)/gateway.holdfast")
        try folder.write("bot.token", "abcdef123\n", mode: 0o400)
        #expect(folder.problems == [])
    }

    @Test(
        "a file that others may read or change is refused",
        arguments: [0o640, 0o604, 0o660, 0o602, 0o644, 0o610] as [mode_t])
    func modes(mode: mode_t) throws {
        let folder = try Folder()
        try folder.write("gw.json", Self.text)
        try folder.write("bot.token", "abcdef123", mode: mode)
        #expect(folder.problems.count == 1)
        #expect(
            folder.problems.first?.hasPrefix(
                "FOLDER/gw.json:2:57: the file that is named here can be read or changed by others") == true)
        #expect(folder.problems.first?.contains("chmod 600") == true)
    }

    @Test(
        "a credential of systemd shows its access list where others show the group's rights",
        arguments: [(0o400, true), (0o440, true), (0o444, false), (0o460, false), (0o450, false)] as [(mode_t, Bool)])
    func credentials(mode: mode_t, isRead: Bool) throws {
        let folder = try Folder()
        try folder.write("bot.token", "abcdef123", mode: mode)
        #expect(mkdir("\(folder.path)/deeper", 0o700) == 0)
        try folder.write("deeper/bot.token", "abcdef123", mode: mode)
        let read = { (path: String, credentials: String?) in
            (try? FileReading.secret("\(folder.path)/\(path)", credentials: credentials)) != nil
        }
        #expect(read("bot.token", folder.path) == isRead)
        for elsewhere in [nil, "", "/", "\(folder.path)/deeper", String(folder.path.dropLast())] {
            #expect(read("bot.token", elsewhere) == (mode == 0o400), "\(elsewhere ?? "nil")")
        }
        #expect(read("deeper/bot.token", folder.path) == (mode == 0o400))
        #expect(read("deeper/../bot.token", folder.path) == (mode == 0o400))
    }

    @Test("what is no usable file is refused, and waits for nothing")
    func others() throws {
        let folder = try Folder()
        try folder.write("gw.json", Self.text)
        #expect(
            folder.problems.first?.contains(
                "cannot be read: No such file or directory (relative paths begin at FOLDER/)") == true)
        try folder.write("bot.token", "\n")
        #expect(folder.problems.first?.contains("is empty") == true)
        try folder.write("bot.token", String(repeating: "x", count: FileReading.maximumSecretBytes + 1))
        #expect(folder.problems.first?.contains("has more than 64 KiB") == true)
        try FileManager.default.removeItem(atPath: "\(folder.path)/bot.token")
        #expect(mkfifo("\(folder.path)/bot.token", 0o600) == 0)
        #expect(folder.problems.first?.contains("is no file") == true)
        try FileManager.default.removeItem(atPath: "\(folder.path)/bot.token")
        #expect(mkdir("\(folder.path)/bot.token", 0o700) == 0)
        #expect(folder.problems.first?.contains("is no file") == true)
    }

    @Test("a configuration that is not there, or is a folder, is named with the reason")
    func missing() throws {
        let folder = try Folder()
        #expect(folder.problems == ["FOLDER/gw.json: cannot be read: No such file or directory"])
        #expect(mkdir("\(folder.path)/gw.json", 0o700) == 0)
        #expect(folder.problems == ["FOLDER/gw.json: cannot be read: Is a directory"])
    }

    @Test("a configuration beyond 16 MiB is refused, and one below is read")
    func size() throws {
        let folder = try Folder()
        let blank = String(
            repeating: " ", count: GatewayConfiguration.maximumFileBytes - ConfigurationFixture.minimal.utf8.count)
        try folder.write("gw.json", ConfigurationFixture.minimal + blank)
        #expect(folder.problems == [])
        try folder.write("gw.json", ConfigurationFixture.minimal + blank + " ")
        #expect(folder.problems.count == 1 && folder.problems.first?.contains("16384 KiB") == true)
    }

    @Test("programs and certificates are looked for")
    func files() throws {
        let folder = try Folder()
        let text = """
            {"servers": {"s": {"url": "https://a", "ca_file": "ca.pem"}},
            "sinks": {"k": {"type": "command", "command": ["./run"]}}, "accounts": []}
            """
        try folder.write("gw.json", text)
        #expect(folder.problems.map { $0.prefix(24) } == ["FOLDER/gw.json:1:51: the", "FOLDER/gw.json:2:48: the"])
        try folder.write("ca.pem", "x", mode: 0o644)
        try folder.write("run", "x", mode: 0o755)
        #expect(folder.problems == [])
        try FileManager.default.removeItem(atPath: "\(folder.path)/ca.pem")
        #expect(mkdir("\(folder.path)/ca.pem", 0o700) == 0)
        #expect(folder.problems.count == 1 && folder.problems.first?.contains("is a folder") == true)
    }

    @Test("a secret is not printed, whatever prints it")
    func redaction() throws {
        let configuration = try ConfigurationFixture.read(ConfigurationFixture.full).configuration
        var dumped = ""
        dump(configuration, to: &dumped)
        let texts = [dumped, "\(configuration)", String(reflecting: configuration), "\(configuration.accounts)"]
        for text in texts {
            for secret in ["token-a", "token-b", "token-e", "hook-secret", "pass word", "key=y"] {
                #expect(!text.contains(secret))
            }
        }
        #expect(dumped.contains("<redacted>") && dumped.contains("chat.example.com"))
    }

    /// Whoever writes a secret where its file or variable belongs, or into an address, does not find it in the log.
    @Test(
        "a secret in a wrong place is not shown",
        arguments: [
            #"{"name": "a", "server": "s", "sink": "k", "token_file": "§"}"#,
            #"{"name": "a", "server": "s", "sink": "k", "token_env": "§"}"#,
            #"{"name": "a", "server": "s", "sink": "k", "token_env": "§-§"}"#,
            #"{"name": "a", "server": "s", "sink": "k", "token": "§"}"#,
            #"{"name": "a/§", "server": "s", "sink": "k", "token_env": "TOKEN_E"}"#,
        ])
    func misplaced(account: String) {
        let text = """
            {"servers": {"s": {"url": "https://me:§@a", "ca_file": "§", "proxy": "http://me:§@p", "canary": "§"}},
            "sinks": {"k": {"type": "webhook", "url": "https://a/§#", "secret_env": "§"}, "l": {"type": "§"}},
            "status": {"listen": "§", "token": "§"}, "control": "~/§", "log": {"level": "§"}, "accounts": [\(account)]}
            """
        let secret = "q7f3k9x1z5"
        let problems = ConfigurationFixture.problems(text.replacing("§", with: secret))
        #expect(problems.count >= 10)
        #expect(!problems.joined().contains(secret), "\(problems)")
    }

    @Test("of a secret's file, the white space around it is not part of it")
    func trimming() {
        #expect(Secret(Array(" a b \n".utf8))?.bytes == Array("a b".utf8))
        #expect(Secret(Array(" \r\n\t".utf8)) == nil)
        #expect(Secret(repeatElement(UInt8(0x61), count: 4096))?.bytes.count == 4096)
        #expect(Secret(Array(repeating: UInt8(0x61), count: 4097)) == nil)
    }
}
