// What stands in a soak's run folder. Names become snake_case in the files; times are seconds since the start.

/// `run.json`
public struct RunRecord: Codable, Sendable {
    public struct PlanLine: Codable, Sendable {
        public var cause: Cause
        public var perHour: Double
        public var seconds: [Double]
        public var scope: String
        public var text: String

        public init(_ entry: Plan.Entry) {
            cause = entry.cause
            perHour = entry.perHour
            seconds = [entry.seconds.lowerBound, entry.seconds.upperBound]
            scope = entry.cause.scope.rawValue
            text = entry.cause.text
        }
    }

    public struct Machine: Codable, Sendable {
        public var processor: String
        public var cores: Int
        public var memoryBytes: Int
        public var kernel: String
        public var system: String

        public init(processor: String, cores: Int, memoryBytes: Int, kernel: String, system: String) {
            self.processor = processor
            self.cores = cores
            self.memoryBytes = memoryBytes
            self.kernel = kernel
            self.system = system
        }
    }

    public var schema = 1
    public var title = "soak"
    public var seed: UInt64
    public var minutes: Double
    public var connections: Int
    public var faults: String
    public var plan: [PlanLine]
    public var probeIntervalS: Double
    public var postsPerSecond: Double
    public var startedAt: String
    public var machine: Machine
    public var versions: [String: String]
    public var tableDigest: String

    public init(
        seed: UInt64, minutes: Double, connections: Int, faults: String, plan: Plan, probeIntervalS: Double,
        postsPerSecond: Double, startedAt: String, machine: Machine, versions: [String: String], tableDigest: String
    ) {
        self.seed = seed
        self.minutes = minutes
        self.connections = connections
        self.faults = faults
        self.plan = plan.entries.map { PlanLine($0) }
        self.probeIntervalS = probeIntervalS
        self.postsPerSecond = postsPerSecond
        self.startedAt = startedAt
        self.machine = machine
        self.versions = versions
        self.tableDigest = tableDigest
    }

    public var entries: Plan {
        Plan(
            entries: plan.map { line in
                let bounds = line.seconds.count == 2 ? line.seconds[0]...line.seconds[1] : line.cause.defaultSeconds
                return Plan.Entry(cause: line.cause, perHour: line.perHour, seconds: bounds)
            })
    }
}

/// A line of `samples.jsonl`
public struct SampleRecord: Codable, Sendable {
    public struct Engine: Codable, Sendable {
        public var residentBytes = 0
        public var descriptors = 0
        public var handles = 0
        public var timers = 0
        public var threads = 0
        public var cpuS = 0.0
        public var lagMsP50 = 0.0
        public var lagMsMax = 0.0

        public init() {}
    }

    public struct Simulator: Codable, Sendable {
        public var residentBytes = 0
        public var descriptors = 0
        public var cpuS = 0.0

        public init() {}
    }

    public var t: Double
    public var engine = Engine()
    public var simulator = Simulator()
    public var states: [String: Int] = [:]
    public var posted = 0
    public var expected = 0
    public var delivered = 0
    public var faults = 0
    public var eventsPerS = 0.0

    public init(t: Double) { self.t = t }
}

/// A line of `faults.jsonl`
public struct FaultRecord: Codable, Sendable {
    public var t: Double
    public var fault: Int
    public var cause: Cause
    public var connections: [Int]
    public var text: String
    public var endT: Double

    public init(_ fault: Fault, at time: Double, until end: Double) {
        t = Distribution.rounded(time)
        self.fault = fault.id
        cause = fault.cause
        connections = fault.connections
        text = fault.cause.text
        endT = Distribution.rounded(end)
    }
}

/// `summary.json`
public struct SummaryRecord: Codable, Sendable {
    public struct Check: Codable, Hashable, Sendable {
        public var name: String
        public var ok: Bool
        public var value: String
        public var bound: String
        public var text: String
    }

    public struct CauseLine: Codable, Sendable {
        public var faults = 0
        public var affected = 0
        public var recovered = 0
        public var detectionS: Distribution?
        public var recoveryS: Distribution?
        public var totalS: Distribution?

        public init() {}
    }

    public struct SlopeLine: Codable, Sendable {
        public var perHour: Double?
        public var low: Double?
        public var high: Double?
        public var bound: Double
        public var growth: Double
        public var growthBound: Double
        public var spanS: Double
        public var ok: Bool

        public init(_ slope: Slope) {
            perHour = slope.perHour
            low = slope.low
            high = slope.high
            bound = slope.bound.perHour
            growth = slope.growth
            growthBound = slope.bound.total
            spanS = slope.span
            ok = slope.isGood
        }
    }

    public struct Lag: Codable, Sendable {
        public var p50 = 0.0
        public var p99 = 0.0
        public var max = 0.0

        public init() {}
    }

    public struct CPU: Codable, Sendable {
        public var engineS = 0.0
        public var simulatorS = 0.0
        public var enginePercent = 0.0
        public var simulatorPercent = 0.0

        public init() {}
    }

    public struct Problem: Codable, Sendable {
        public var t: Double
        public var connection: Int
        public var kind: String
        public var text: String
        public var transitions: [RecoveryTracker.Move]

        public init(
            t: Double, connection: Int, kind: String, text: String, transitions: [RecoveryTracker.Move]
        ) {
            self.t = t
            self.connection = connection
            self.kind = kind
            self.text = text
            self.transitions = transitions
        }
    }

    /// One process's share of a soak that was interrupted and resumed.
    public struct Part: Codable, Sendable {
        public var fromS: Double
        public var toS: Double
        public var slopes: [String: SlopeLine]

        public init(fromS: Double, toS: Double, slopes: [String: SlopeLine]) {
            self.fromS = fromS
            self.toS = toS
            self.slopes = slopes
        }
    }

    public var schema = 1
    public var state = "running"
    public var verdict = "running"
    public var elapsedS = 0.0
    public var checks: [Check] = []
    public var posted = 0
    public var expected = 0
    public var delivered = 0
    public var coalesced = 0
    public var outstanding = 0
    public var lost = 0
    public var doubled = 0
    public var outOfOrder = 0
    public var unknown = 0
    public var falseReconnects = 0
    public var unnoticed = 0
    /// Deliveries of a connection ended before its end.
    public var failures = 0
    public var faults = 0
    public var perCause: [String: CauseLine] = [:]
    public var edges: [String: Int] = [:]
    public var occupancyS: [String: Double] = [:]
    public var slopes: [String: SlopeLine] = [:]
    public var lagMs = Lag()
    public var cpu = CPU()
    public var problems: [Problem] = []
    public var parts: [Part] = []

    public init() {}
}
