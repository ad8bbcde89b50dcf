public import WorldInterface

/// How a simulator behaves. The defaults are the real server's constants.
public struct SimulatorConfiguration: Sendable {
    /// How long after the upgrade an unauthenticated connection is dropped.
    public var authenticationCheck: Duration
    /// How often the server pings, from the upgrade on.
    public var pingInterval: Duration
    /// A connection whose client answers no ping for so long is dropped, whatever else it sends.
    public var pongTimeout: Duration
    /// Identifiers and tokens come from it; nil takes one from the world. A fixed seed makes tokens guessable.
    public var seed: UInt64?
    /// Serves TLS instead of plain TCP.
    public var tls: TLSServerOptions?
    /// Whether `Simulator.log` lists posts. That list only grows; a server that runs for hours does without.
    public var keepsLog: Bool

    public init(
        authenticationCheck: Duration = .seconds(5), pingInterval: Duration = .seconds(60),
        pongTimeout: Duration = .seconds(100), seed: UInt64? = nil, tls: TLSServerOptions? = nil, keepsLog: Bool = true
    ) {
        self.authenticationCheck = authenticationCheck
        self.pingInterval = pingInterval
        self.pongTimeout = pongTimeout
        self.seed = seed
        self.tls = tls
        self.keepsLog = keepsLog
    }
}

/// Who and what is there after the start. All three accounts are members of the team and of the channel.
public struct SimulatorFixture: Sendable, Hashable {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    public var url: String
    public var adminID: String
    /// `POST /users/login` takes `adminUsername` and `adminPassword`; the token is a personal access token.
    public var adminUsername: String
    public var adminPassword: String
    public var adminToken: String
    public var userID: String
    public var userUsername: String
    public var userToken: String
    public var botID: String
    public var botUsername: String
    public var botToken: String
    /// The id (not the secret) that `POST /users/tokens/disable` wants.
    public var botTokenID: String
    public var teamID: String
    public var teamName: String
    public var channelID: String
    public var channelName: String
}

/// A bot that was made besides those of the fixture.
public struct SimulatorBot: Sendable, Hashable {
    public var id: String
    public var token: String
    /// The id (not the secret) that `POST /users/tokens/disable` wants.
    public var tokenID: String
}

/// How a socket is dropped.
public enum SimulatorDrop: String, Sendable {
    /// A bare FIN, as nearly every end that the real server makes.
    case finish = "fin"
    /// RST.
    case reset = "rst"
}

/// What the server did, for comparison with what a client saw.
public struct SimulatorLog: Sendable, Hashable {
    public struct Connection: Sendable, Hashable {
        public var connectionID: String
        /// Empty before authentication.
        public var userID: String
        /// Events and replies handed to the socket.
        public var sentMessageCount: Int
        /// Posts whose `posted` was handed to the socket, in order; the first 10,000.
        public var sentPostIDs: [String]
        /// False before authentication, and once the connection is deaf.
        public var isAuthenticated: Bool
    }

    /// In order of creation; system posts included.
    public var createdPostIDs: [String]
    /// WebSockets that are open now.
    public var connections: [Connection]
}

/// The answer to a request that was made in-process.
public struct SimulatorResponse: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
}
