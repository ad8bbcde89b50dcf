public import ConnectionLifecycle
public import HoldfastMattermost

/// An account that a gateway keeps connected.
public struct Account: Sendable {
    /// Tells it from the gateway's other accounts, and names its mailbox in the store: 1 … 200 bytes.
    public var name: String
    public var server: ServerURL
    public var token: Token
    public var options: MattermostOptions
    public var timing: Timing
    public var backoff: BackoffPolicy
    /// Takes what the account is sent.
    public var handler: any DeliveryHandler

    public init(
        name: String, server: ServerURL, token: Token, options: MattermostOptions = MattermostOptions(),
        timing: Timing = Timing(), backoff: BackoffPolicy = BackoffPolicy(), handler: any DeliveryHandler
    ) {
        self.name = name
        self.server = server
        self.token = token
        self.options = options
        self.timing = timing
        self.backoff = backoff
        self.handler = handler
    }

    /// Whether all but the handler is the same.
    func hasSameConnection(as other: Account) -> Bool {
        name == other.name && server == other.server && token == other.token && options == other.options
            && timing == other.timing && backoff == other.backoff
    }
}

/// Takes deliveries of one or many accounts: the gateway's own logic, or a way to it.
public protocol DeliveryHandler: Sendable {
    /// Handles one delivery. When it returns, the delivery is acknowledged and the account's next one comes; where it throws,
    /// the same one comes again after a while, however often. Each account's deliveries come one after another, those of
    /// different accounts at the same time.
    ///
    /// Runs on Swift's own threads, never on an event loop: it may take its time, but should end soon once its task is
    /// cancelled, which is when a graceful end takes too long.
    ///
    /// - Parameter account: whose it is, and the REST API as that account.
    func handle(_ delivery: Delivery, of account: AccountReference) async throws
}

/// Whose delivery it is.
public struct AccountReference: Sendable {
    /// See `Account.name`.
    public let name: String
    public let server: ServerURL
    /// The REST API of the server, as this account. May be used from anywhere.
    public let client: MattermostClient
}
