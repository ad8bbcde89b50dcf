/// What a soak does to its connections on purpose. The rates are occurrences per hour of the default plan.
public enum Cause: String, CaseIterable, Codable, Sendable {
    case accountCycle = "account-cycle"
    case tokenCycle = "token-cycle"
    case restart
    case freeze
    case dropByFIN = "drop-fin"
    case dropByRST = "drop-rst"
    case slowServer = "slow-server"
    case rateLimit = "rate-limit"
    case profileEdit = "profile-edit"
    case refuse
    case databaseDown = "database-down"
    case lostAnswers = "lost-answers"
    case consumerStall = "consumer-stall"

    /// Whom an occurrence hits.
    public enum Scope: String, Sendable {
        /// One to three connections.
        case group
        /// One connection (half of the times), up to a tenth of them (four in ten), or all (one in ten).
        case spread
        /// The server, and with it all.
        case server
    }

    /// What a connection that is open has to do about it.
    public enum Consequence: Sendable {
        /// It must be replaced.
        case replacement
        /// It may be replaced, if it lasts.
        case either
        /// It must not be replaced.
        case nothing
    }

    public var scope: Scope {
        switch self {
        case .accountCycle, .tokenCycle, .profileEdit, .consumerStall: .group
        case .dropByFIN, .dropByRST: .spread
        case .restart, .freeze, .slowServer, .rateLimit, .refuse, .databaseDown, .lostAnswers: .server
        }
    }

    public var consequence: Consequence {
        switch self {
        case .accountCycle, .tokenCycle, .restart, .dropByFIN, .dropByRST: .replacement
        case .freeze: .either
        case .slowServer, .rateLimit, .profileEdit, .refuse, .databaseDown, .lostAnswers, .consumerStall: .nothing
        }
    }

    /// Occurrences per hour of the default plan.
    public var defaultRate: Double {
        switch self {
        case .accountCycle, .tokenCycle: 600
        case .dropByFIN, .dropByRST: 300
        case .profileEdit: 240
        case .consumerStall: 180
        case .lostAnswers: 60
        case .slowServer, .rateLimit, .refuse, .databaseDown: 40
        case .restart, .freeze: 30
        }
    }

    /// How long an occurrence lasts, in seconds.
    public var defaultSeconds: ClosedRange<Double> {
        switch self {
        case .accountCycle, .tokenCycle: 0...2
        case .restart: 0.2...2
        case .freeze: 0.5...12
        case .dropByFIN, .dropByRST, .profileEdit, .lostAnswers: 0...0
        case .slowServer: 4...10
        case .rateLimit: 3...8
        case .refuse: 1...4
        case .databaseDown: 1...5
        case .consumerStall: 3...15
        }
    }

    /// One line for a person.
    public var text: String {
        switch self {
        case .accountCycle: "the bot's account is disabled and enabled again"
        case .tokenCycle: "the bot's token is disabled, its session checked, the token enabled: update_at does not move"
        case .restart: "the server restarts: all sockets drop, connections are refused meanwhile"
        case .freeze: "the server freezes: TCP lives, nothing answers"
        case .dropByFIN: "the server's side ends the socket with FIN"
        case .dropByRST: "the network resets the socket"
        case .slowServer: "API answers come 0.2 to 1.5 s late"
        case .rateLimit: "requests beyond 20 a second get 429"
        case .profileEdit: "the bot's profile is edited: update_at moves, nothing else happens"
        case .refuse: "new connections are refused; open ones live on"
        case .databaseDown: "the database is down: the API answers 5xx, or 401 for sessions that are not cached"
        case .lostAnswers: "the next 1 to 10 requests are performed, but their answers get lost"
        case .consumerStall: "the consumer takes nothing"
        }
    }
}
