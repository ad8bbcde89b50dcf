import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import Testing
import WorldInterface

@testable import HoldfastGateway

/// What is read is what was written, and what is left out has its default.
@Suite("Meaning of the configuration")
struct MeaningTests {
    @Test("everything that is written arrives")
    func full() throws {
        let loaded = try ConfigurationFixture.read(ConfigurationFixture.full)
        let configuration = loaded.configuration
        #expect(loaded.warnings.isEmpty)
        #expect(configuration.store == "/conf/store.holdfast")
        #expect(configuration.loops == 2)
        #expect(configuration.log.format == .json && configuration.log.level == .debug)
        #expect(configuration.status?.listen == Endpoint(host: "0.0.0.0", port: 8090))
        #expect(configuration.status?.token?.secret == "token-b")
        #expect(configuration.control == "/run/gateway.sock")
        #expect(configuration.shutdown == .milliseconds(2500))

        let main = try #require(configuration.servers["main"])
        #expect(main.url.description == "https://chat.example.com/base")
        #expect(main.attemptsPerSecond == 0.5 && main.attemptBurst == 7)
        #expect(main.connection.timing.probeInterval == .milliseconds(12_500))
        #expect(main.connection.timing.probeTimeout == .seconds(3))
        #expect(main.options.authentication == .challenge && main.options.canary == .always)
        #expect(main.options.onRevisionChange == .reconnect)
        #expect(
            main.options.tls
                == TLSClientOptions(
                    certificateAuthorityFile: "/conf/ca.pem", certificateChainFile: "/conf/me.pem",
                    privateKeyFile: "/conf/key.pem", revocationListFile: "/conf/crl.pem"))
        let credentials = try ProxyCredentials(user: "me", password: "pass word")
        let proxy = ProxyServer(endpoint: Endpoint(host: "proxy.example", port: 3128), credentials: credentials)
        #expect(main.options.proxy == .proxy(proxy))
        #expect(configuration.servers["plain"]?.proxy == ProxyPolicy.none)

        #expect(configuration.sinks["lines"] == .standardOutput)
        var command = GatewayConfiguration.Command(program: "/conf/handler", arguments: ["--x", ""])
        command.environment = ["A": "b\n"]
        command.timeout = .seconds(1)
        #expect(configuration.sinks["local"] == .command(command))
        guard case .webhook(let hook) = configuration.sinks["hook"] else {
            Issue.record("no webhook")
            return
        }
        #expect(hook.url.request.description == "https://hooks.example/x?key=y")
        #expect(hook.secret?.bytes == Array("hook-secret".utf8))
        #expect(hook.timeout == .seconds(3) && hook.maximumInFlight == 9)
        #expect(hook.tls.certificateAuthorityFile == "/conf/ca.pem")

        #expect(configuration.accounts.map(\.name) == ["a", "b", "c", "d"])
        #expect(configuration.accounts.map(\.mailbox) == ["a", "b", "c", "d"])
        #expect(configuration.accounts.map(\.token.secret) == ["token-a", "token-a", "token-e", "token-z"])
        #expect(configuration.accounts.map(\.server) == ["main", "other", "plain", "plain"])
        #expect(configuration.accounts.map(\.sink) == ["lines", "local", "hook", "hook2"])
    }

    @Test("what is left out has its default")
    func defaults() throws {
        let text = """
            {"servers": {"s": {"url": "https://a"}}, "accounts": [],
             "sinks": {"c": {"type": "command", "command": ["prog"]}, "w": {"type": "webhook", "url": "https://a"}}}
            """
        let configuration = try ConfigurationFixture.read(text).configuration
        #expect(configuration.store == "/conf/gateway.holdfast")
        #expect(configuration.control == "/conf/gateway.holdfast.sock")
        #expect(configuration.loops == 3)
        #expect(configuration.log == GatewayConfiguration.Log())
        #expect(configuration.status == nil)
        #expect(configuration.shutdown == .seconds(10))
        let server = try #require(configuration.servers["s"])
        #expect(server == GatewayConfiguration.Server(url: try ServerURL("https://a")))
        #expect(server.attemptsPerSecond == 100 && server.attemptBurst == 100)
        #expect(server.connection.timing == Timing())
        #expect(server.options.authentication == MattermostOptions().authentication)
        #expect(server.options.canary == MattermostOptions().canary)
        #expect(server.options.onRevisionChange == MattermostOptions().onRevisionChange)
        #expect(server.options.tls == TLSClientOptions() && server.options.proxy == .environment)
        #expect(configuration.sinks["c"] == .command(.init(program: "prog")))
        #expect(configuration.sinks["w"] == .webhook(.init(url: try WebhookURL("https://a"))))
        var other = GatewayConfiguration(loops: 3, servers: configuration.servers, sinks: configuration.sinks)
        (other.store, other.control) = (configuration.store, configuration.control)
        #expect(configuration == other)
    }

    @Test("null keeps no store, and then there is no socket")
    func nothing() throws {
        let memory = #"{"servers": {}, "sinks": {}, "accounts": [], "store": null}"#
        let configuration = try ConfigurationFixture.read(memory).configuration
        #expect(configuration.store == nil && configuration.control == nil)
        let none = #"{"servers": {}, "sinks": {}, "accounts": [], "control": null}"#
        #expect(try ConfigurationFixture.read(none).configuration.control == nil)
    }

    @Test("loops follow the processors, up to eight")
    func loops() throws {
        for (processors, loops) in [(1, 1), (8, 8), (9, 8), (0, 1)] {
            var surroundings = ConfigurationFixture.surroundings
            surroundings.processors = processors
            let loaded = try GatewayConfiguration.read(
                Array(ConfigurationFixture.minimal.utf8), file: "", folder: "/", surroundings: surroundings)
            #expect(loaded.configuration.loops == loops)
        }
    }

    @Test("equal files are equal, and a changed account shows by itself")
    func comparison() throws {
        let first = try ConfigurationFixture.read(ConfigurationFixture.full).configuration
        let second = try ConfigurationFixture.read(
            ConfigurationFixture.full.replacing(
                #""token_env": "TOKEN_E", "sink": "hook""#, with: #""token_env": "HOOK", "sink": "hook""#)
        ).configuration
        #expect(try ConfigurationFixture.read(ConfigurationFixture.full).configuration == first)
        #expect(first != second)
        #expect(zip(first.accounts, second.accounts).map { $0 == $1 } == [true, true, false, true])
        #expect(first.servers == second.servers && first.sinks == second.sinks)
    }

    @Test("what is remarkable is said, and is no error")
    func warnings() throws {
        let text = """
            {"servers": {"s": {"url": "http://chat.example"}}, "accounts": [],
             "sinks": {"w": {"type": "webhook", "url": "http://10.0.0.1/x"}}}
            """
        let warnings = try ConfigurationFixture.read(text).warnings.map(\.description)
        #expect(
            warnings == [
                #"1:14: no account uses the server "s""#,
                "1:27: the tokens travel unencrypted over http; use https if the server has it",
                #"2:12: no account uses the sink "w""#,
                "2:44: what people write travels unencrypted over http; use https if you can",
            ])
    }

    @Test("the sample is good")
    func sample() throws {
        var surroundings = ConfigurationFixture.surroundings
        surroundings.secretFile = { path throws(GatewayConfiguration.UnusableFile) in
            Array("token of \(path)".utf8.filter { $0 != 0x20 })
        }
        surroundings.variable = { name in name }
        let loaded = try GatewayConfiguration.read(
            Array(GatewayConfiguration.sample.utf8), file: "", folder: "/conf", surroundings: surroundings)
        #expect(loaded.configuration.accounts.count == 3)
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.configuration.accounts[0].token.secret == "tokenof/conf/bot-1.token")
        #expect(GatewayConfiguration.sample.split(separator: "\n").allSatisfy { $0.utf8.count <= 120 })
    }

    @Test("many accounts are read, each as it is")
    func many() throws {
        let accounts = (0..<3000).map { #"{"name": "bot-\#($0)", "server": "s", "sink": "k", "token_env": "T\#($0)"}"# }
        let text = """
            {"servers": {"s": {"url": "https://a"}}, "sinks": {"k": {"type": "stdout"}},
            "accounts": [\(accounts.joined(separator: ",\n"))]}
            """
        var surroundings = ConfigurationFixture.surroundings
        surroundings.variable = { "token-\($0)" }
        let loaded = try GatewayConfiguration.read(Array(text.utf8), file: "", folder: "/", surroundings: surroundings)
        let found = loaded.configuration.accounts
        #expect(found.map(\.name) == (0..<3000).map { "bot-\($0)" })
        #expect(found.map(\.token.secret) == (0..<3000).map { "token-T\($0)" })
    }
}
