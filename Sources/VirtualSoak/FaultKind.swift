/// What is made to go wrong.
public enum FaultKind: String, CaseIterable, Codable, Sendable {
    case accountCycle = "account-cycle"
    case cycleAfterHello = "cycle-after-hello"
    case tokenCycle = "token-cycle"
    case profileEdit = "profile-edit"
    case restart
    case freeze
    case dropByFIN = "drop-fin"
    case dropByRST = "drop-rst"
    case refuse
    case slowAnswers = "slow-answers"
    case rateLimit = "rate-limit"
    case serverErrors = "server-errors"
    case unauthorized
    case databaseDown = "database-down"
    case lostAnswers = "lost-answers"
    case lostUpgrades = "lost-upgrades"
    case latency
    case pieces
    case partition
    case halfOpen = "half-open"
    case namesFail = "names-fail"
    case suspend
    case clockJump = "clock-jump"
    case overflow
    case consumerStall = "consumer-stall"
    case crash
    case storeCrash = "store-crash"
    case slowStore = "slow-store"
    case storeFailure = "store-failure"
    case repeatedReplies = "repeated-replies"
    case lateReplies = "late-replies"

    /// Whether it hits the server, and so everybody, or single gateways.
    public var hitsServer: Bool {
        switch self {
        case .restart, .freeze, .refuse, .slowAnswers, .rateLimit, .serverErrors, .unauthorized, .databaseDown,
            .lostAnswers, .lostUpgrades, .namesFail, .repeatedReplies, .lateReplies:
            true
        case .accountCycle, .cycleAfterHello, .tokenCycle, .profileEdit, .dropByFIN, .dropByRST, .latency, .pieces,
            .partition, .halfOpen, .suspend, .clockJump, .overflow, .consumerStall, .crash, .storeCrash, .slowStore,
            .storeFailure:
            false
        }
    }

    /// Whether a connection that is open may be replaced because of it. All others must leave it as it is.
    public var mayReplace: Bool {
        switch self {
        case .accountCycle, .cycleAfterHello, .tokenCycle, .restart, .freeze, .dropByFIN, .dropByRST, .partition,
            .halfOpen, .suspend,
            .overflow, .crash, .storeCrash, .lateReplies:
            true
        case .profileEdit, .refuse, .slowAnswers, .rateLimit, .serverErrors, .unauthorized, .databaseDown,
            .lostAnswers, .lostUpgrades, .latency, .pieces, .namesFail, .clockJump, .consumerStall, .slowStore,
            .storeFailure, .repeatedReplies:
            false
        }
    }

    /// How long it lasts, in seconds.
    public var seconds: ClosedRange<Double> {
        switch self {
        case .profileEdit, .dropByFIN, .dropByRST, .halfOpen, .clockJump, .crash, .storeCrash, .storeFailure: 0...0
        case .cycleAfterHello: 20...40
        case .accountCycle, .tokenCycle: 0...4
        case .restart: 0.2...20
        case .freeze: 0.5...40
        case .rateLimit, .databaseDown: 2...30
        case .overflow, .consumerStall: 3...60
        case .refuse, .slowAnswers, .serverErrors, .unauthorized, .lostAnswers, .lostUpgrades, .partition, .namesFail,
            .slowStore, .pieces, .repeatedReplies, .lateReplies:
            2...60
        case .latency: 10...240
        case .suspend: 1...150
        }
    }

    /// One line for a person.
    public var text: String {
        switch self {
        case .accountCycle: "the account is disabled and enabled again"
        case .cycleAfterHello:
            "the connection drops, the next one is made while REST fails, and then the account is cycled"
        case .tokenCycle: "the token is disabled, its session checked, the token enabled: update_at does not move"
        case .profileEdit: "the profile is edited: update_at moves, nothing else happens"
        case .restart: "the server restarts"
        case .freeze: "the server freezes: TCP lives, nothing answers"
        case .dropByFIN: "the server's side ends the socket with FIN"
        case .dropByRST: "the socket is reset"
        case .refuse: "new connections are refused; open ones live on"
        case .slowAnswers: "REST answers come late, by up to 4 s"
        case .rateLimit: "REST answers 429 beyond a few requests a second"
        case .serverErrors: "REST and upgrades answer 503"
        case .unauthorized: "REST and upgrades answer 401"
        case .databaseDown: "the database is down: 5xx, or 401 for sessions that are not cached"
        case .lostAnswers: "requests are performed, but their answers get lost"
        case .lostUpgrades: "the connection is dropped instead of an answer to the upgrade"
        case .latency: "segments take 0.1 to 1.5 s"
        case .pieces: "everything arrives in pieces of a few bytes"
        case .partition: "nothing passes; it arrives afterwards"
        case .halfOpen: "the other side forgets the connection and tells nobody"
        case .namesFail: "no name is found"
        case .suspend: "the gateway's process is suspended"
        case .clockJump: "the gateway's wall clock jumps"
        case .overflow: "the consumer stalls while hundreds of posts are made: the server's queue overflows"
        case .consumerStall: "the consumer takes nothing"
        case .crash: "the gateway's process is killed, and started again"
        case .storeCrash: "the gateway's process is killed in the middle of a step of its store"
        case .slowStore: "each step of the store takes up to half a second"
        case .storeFailure: "a step of the store fails"
        case .repeatedReplies: "the server gives each reply twice"
        case .lateReplies: "the server gives its replies up to 12 s late"
        }
    }
}

/// One fault of a scenario.
public struct InjectedFault: Hashable, Codable, Sendable {
    public var id: Int
    public var kind: FaultKind
    /// Seconds since the start.
    public var at: Double
    /// How long it lasts.
    public var seconds: Double
    /// The gateways that it hits; empty for the server's.
    public var gateways: [Int]
    /// 0 ..< 1; how strong it is, where that can vary.
    public var strength: Double

    public var end: Double { at + seconds }
}
