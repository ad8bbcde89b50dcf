internal import ConnectionLifecycle
public import Holdfast
public import HoldfastMattermost
public import WorldInterface

/// What a gateway is to do: its accounts, the servers they are on, and the sinks that get their deliveries. A value, read
/// from a file by `load`; two of them can be compared account by account, so that a reload touches only what changed.
///
/// Secrets are in it, but print as `<redacted>`. Paths are absolute.
public struct GatewayConfiguration: Equatable, Sendable {
    /// The most loops without `loops` in the file.
    public static let mostLoopsByDefault = 8

    /// The file of the store; nil keeps deliveries in memory.
    public var store: String?
    /// Threads with an event loop, 1 to 64.
    public var loops: Int
    public var log = Log()
    /// Nil for no status page.
    public var status: Status?
    /// The path of the Unix socket for commands; nil for none.
    public var control: String?
    /// How long a graceful end may take, 0 to 3,600 s.
    public var shutdown: Duration
    /// By name.
    public var servers: [String: Server]
    /// By name.
    public var sinks: [String: Sink]
    /// In the order of the file. Their names differ; each server and sink of theirs is one of those above.
    public var accounts: [Account]

    /// For embedders that have no file. What `read` makes sure of, they must: see each property.
    public init(
        store: String? = nil, loops: Int = 1, status: Status? = nil, control: String? = nil,
        shutdown: Duration = .seconds(10), servers: [String: Server] = [:], sinks: [String: Sink] = [:],
        accounts: [Account] = []
    ) {
        self.store = store
        self.loops = loops
        self.status = status
        self.control = control
        self.shutdown = shutdown
        self.servers = servers
        self.sinks = sinks
        self.accounts = accounts
    }

    /// What is written about the gateway's course.
    public struct Log: Hashable, Sendable {
        public enum Format: String, CaseIterable, Sendable { case text, json }

        /// From the most talkative to the most silent.
        public enum Level: String, CaseIterable, Sendable { case debug, info, warning, error }

        public var format = Format.text
        public var level = Level.info

        public init() {}
    }

    /// The page with the state of all accounts.
    public struct Status: Hashable, Sendable {
        /// A numeric address or `localhost`; port 0 for a free one.
        public var listen: Endpoint
        /// What `Authorization: Bearer` must carry; nil, on a loopback address only, asks for nothing.
        public var token: Token?

        public init(listen: Endpoint, token: Token? = nil) {
            self.listen = listen
            self.token = token
        }
    }

    /// One connection.
    public struct Account: Hashable, Sendable {
        /// 1 to 64 of `[A-Za-z0-9._-]`; also the account's mailbox in the store.
        public var name: String
        /// A key of `servers`.
        public var server: String
        public var token: Token
        /// A key of `sinks`.
        public var sink: String

        public init(name: String, server: String, token: Token, sink: String) {
            self.name = name
            self.server = server
            self.token = token
            self.sink = sink
        }

        /// Its part of the store.
        public var mailbox: String { name }
    }

    /// How to reach a server, and how hard to look at its connections.
    public struct Server: Hashable, Sendable {
        public var url: ServerURL
        /// Connections that are begun each second, of all accounts together, 0.01 to 100,000.
        public var attemptsPerSecond = 100.0
        /// Connections that may begin at once, 1 to 100,000.
        public var attemptBurst = 100
        /// 0.1 s to a day.
        public var probeInterval = Timing().probeInterval
        /// 0.1 s to an hour.
        public var probeTimeout = Timing().probeTimeout
        public var authentication = Authentication.header
        public var canary = CanaryPolicy.suspicion
        public var onRevisionChange = RevisionPolicy.verify
        public var tls = TLSClientOptions()
        public var proxy = ProxyPolicy.environment

        public init(url: ServerURL) { self.url = url }

        /// For the service of each account.
        public var options: MattermostOptions {
            var options = MattermostOptions()
            options.authentication = authentication
            options.canary = canary
            options.onRevisionChange = onRevisionChange
            options.tls = tls
            options.proxy = proxy
            return options
        }

        /// For the connection of each account.
        public var connection: Holdfast.Configuration {
            var configuration = Holdfast.Configuration()
            configuration.timing.probeInterval = probeInterval
            configuration.timing.probeTimeout = probeTimeout
            return configuration
        }
    }

    /// Where deliveries go.
    public enum Sink: Hashable, Sendable {
        case standardOutput
        case command(Command)
        case webhook(Webhook)
    }

    /// A program that handles deliveries.
    public struct Command: Hashable, Sendable {
        /// A path, or without a slash a name to be searched in `PATH`.
        public var program: String
        public var arguments: [String]
        /// Besides the gateway's own.
        public var environment: [String: String] = [:]
        /// For one delivery, 0.1 s to a day.
        public var timeout = Duration.seconds(30)

        public init(program: String, arguments: [String] = []) {
            self.program = program
            self.arguments = arguments
        }
    }

    /// A web address that takes deliveries.
    public struct Webhook: Hashable, Sendable {
        public var url: WebhookURL
        /// Signs the requests; nil leaves them unsigned.
        public var secret: Secret?
        /// For one request, 0.1 s to a day.
        public var timeout = Duration.seconds(10)
        /// Requests at the same time, 1 to 256.
        public var maximumInFlight = 4
        public var tls = TLSClientOptions()

        public init(url: WebhookURL) { self.url = url }
    }
}
