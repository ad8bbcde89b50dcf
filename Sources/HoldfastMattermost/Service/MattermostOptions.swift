public import Holdfast
public import WorldInterface

/// How to sign in to the WebSocket.
public enum Authentication: String, CaseIterable, Sendable {
    /// `Authorization: Bearer` on the upgrade. The default: the token is checked before anything else happens, and a
    /// dropped connection can be resumed.
    case header
    /// An `authentication_challenge` message after the upgrade, for proxies that strip the header.
    case challenge
}

/// When the push path is proven end to end by a private preference that must come back as an event.
public enum CanaryPolicy: String, CaseIterable, Sendable {
    case suspicion, always, never
}

/// What a changed `update_at` of the account means.
public enum RevisionPolicy: String, CaseIterable, Sendable {
    /// A suspicion: any edit of the profile changes it too, so it is verified by the canary.
    case verify
    /// A verdict: reconnect.
    case reconnect
}

/// Which checks a probe makes, and how. Source of what each catches and misses: `mattermost-protocol.md`.
public struct MattermostOptions: Hashable, Sendable {
    public var authentication = Authentication.header
    /// The `ping` action, judged by the content of its reply.
    public var replyCheck = true
    /// `GET /users/me` against the revision that was noted before dialling.
    public var revisionCheck = true
    public var canary = CanaryPolicy.suspicion
    public var onRevisionChange = RevisionPolicy.verify
    public var tls = TLSClientOptions()
    /// The way to the server, for WebSocket and REST alike.
    public var transport = TransportOptions()
    /// The proxy on that way.
    public var proxy: ProxyPolicy {
        get { transport.proxy }
        set { transport.proxy = newValue }
    }
    /// For each REST request.
    public var requestTimeout = Duration.seconds(5)

    public init() {}
}

/// A Mattermost server and an account on it. One reference wide: each connection and each link has a copy.
public struct MattermostService: Service {
    public typealias Event = MattermostEvent

    private final class Settings: Sendable {
        let server: ServerURL
        let token: Token
        let options: MattermostOptions
        let store: (any DeliveryStore)?
        let mailbox: String

        init(
            server: ServerURL, token: Token, options: MattermostOptions, store: (any DeliveryStore)?, mailbox: String
        ) {
            self.server = server
            self.token = token
            self.options = options
            self.store = store
            self.mailbox = mailbox
        }
    }

    private let settings: Settings

    public var server: ServerURL { settings.server }
    var token: Token { settings.token }
    public var options: MattermostOptions { settings.options }
    /// Keeps what `Connection.deliveries` hands over until it is acknowledged.
    public var store: (any DeliveryStore)? { settings.store }
    /// The account's part of the store.
    public var mailbox: String { settings.mailbox }

    /// - Parameters:
    ///   - store: needed for `Connection.deliveries` only: `MemoryStore()`, or a `SQLiteStore` that outlives the process.
    ///   - mailbox: names the account's part of the store; each connection that shares a store needs its own.
    public init(
        server: ServerURL, token: Token, options: MattermostOptions = MattermostOptions(),
        store: (any DeliveryStore)? = nil, mailbox: String = ""
    ) {
        settings = Settings(server: server, token: token, options: options, store: store, mailbox: mailbox)
    }

    /// The REST API of the server, as this account.
    ///
    /// - Parameter timeout: of each request.
    public func client(on world: any World, timeout: Duration = .seconds(10)) -> MattermostClient {
        MattermostClient(
            server: server, token: token, tls: options.tls, transport: options.transport, timeout: timeout,
            world: world)
    }

    public func makeLink(port: LinkPort<MattermostEvent>, world: any World) -> any Link {
        MattermostLink(service: self, port: port, world: world)
    }
}
