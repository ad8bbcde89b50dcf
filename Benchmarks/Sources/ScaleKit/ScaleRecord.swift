public import SoakKit

/// What a run of `scale` found, as its file has it.
public struct ScaleRecord: Encodable, Sendable {
    public let benchmark = "scale"
    public var connections = 0
    public var servers = 0
    public var loops = 0
    public var store = ""
    public var probeIntervalS = 0.0
    /// Attempts a second for each server, and how many at once.
    public var attemptsPerSecond = 0.0
    public var attemptBurst = 0
    public var postsPerSecond = 0.0

    public var comeUp = Phase()
    public var steady = Phase()
    /// While an event goes to everybody, and how many had it then.
    public var announced = Phase()
    public var announcedTo = 0
    /// While somebody looks on.
    public var watched = Phase()
    public var drop = Phase()
    public var deaf = Phase()

    /// Resident memory of the gateway's process.
    public var memory = Memory()
    /// What all accounts' states take to be asked for, in milliseconds.
    public var statusesMs = 0.0
    /// What the page was sent in the watched phase, and how long the slowest answer to a program took then.
    public var pageBytes = 0
    public var longestAnswerMs = 0.0
    /// From the order to stop until all is closed.
    public var stopS = 0.0
    public var deliveries = Deliveries()
    /// Server's side of the drop: from the order until the last socket was reset.
    public var dropTookS = 0.0
    public var machine = Machine()
    public var versions: [String: String] = [:]
    public var checks: [Check] = []

    public var passes: Bool { checks.allSatisfy(\.ok) }

    public init() {}

    /// One phase of the run.
    public struct Phase: Encodable, Sendable {
        public var seconds = 0.0
        /// User and system time of each process, in seconds.
        public var gatewayCpuS = 0.0
        public var simulatorCpuS = 0.0
        /// How late the timers of all loops were, in milliseconds: measured every 20 ms on each.
        public var lagMs: Distribution?
        /// Of the attempts, by the gateway; the greatest number in any second by its own count and by the server's.
        public var attempts = 0
        public var failedAttempts = 0
        public var attemptPeak = 0
        public var attemptPeakAtServer = 0
        /// Verdicts of the probes.
        public var alive = 0
        public var inconclusive = 0
        public var judgedDeaf = 0
        /// Open connections that ended by the network, and for any reason but that and a verdict.
        public var lost = 0
        public var replacedOtherwise = 0
        /// Seconds until a connection was open again, of all that had to come back.
        public var waitS: Distribution?
        /// Seconds that the budget of attempts asks for at least.
        public var idealS: Double?
        /// Seconds from the moment that an account went deaf until that was noticed.
        public var detectionS: Distribution?
        public var deliveries = 0

        public init() {}

        public var gatewayPercent: Double { seconds > 0 ? gatewayCpuS / seconds * 100 : 0 }
        public var simulatorPercent: Double { seconds > 0 ? simulatorCpuS / seconds * 100 : 0 }
    }

    public struct Memory: Encodable, Sendable {
        public var beforeBytes = 0
        /// With all open.
        public var openBytes = 0
        public var steadyBytes = 0
        public var endBytes = 0
        public var peakBytes = 0
        public var simulatorBytes = 0

        public init() {}

        public func perConnection(_ bytes: Int, of connections: Int) -> Double {
            Double(bytes - beforeBytes) / Double(max(1, connections))
        }
    }

    public struct Deliveries: Encodable, Sendable {
        public var posts = 0
        /// A post for each account of its channel.
        public var expected = 0
        public var heard = 0
        public var repeated = 0
        public var missing = 0
        public var outstanding = 0
        public var live = 0
        public var resumed = 0
        public var caughtUp = 0
        public var handlerFailures = 0
        public var storeFailures = 0

        public init() {}
    }

    public struct Machine: Encodable, Sendable {
        public var processor = ""
        public var cores = 0
        public var memoryBytes = 0
        public var kernel = ""
        /// Of the last minute.
        public var loadBefore = 0.0
        public var loadAfter = 0.0

        public init() {}
    }

    public struct Check: Encodable, Sendable {
        public var name: String
        public var ok: Bool
        /// What was found, and what is allowed.
        public var detail: String
    }
}
