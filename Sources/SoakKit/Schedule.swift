import ConnectionLifecycle
import Foundation

/// One occurrence of a cause.
public struct Fault: Hashable, Sendable {
    public var id: Int
    public var cause: Cause
    /// Seconds since the start of the soak.
    public var at: Double
    /// How long it lasts.
    public var seconds: Double
    /// Indices of connections; empty means all.
    public var connections: [Int]
    /// 0 ..< 1; how strong it is, where that can vary.
    public var strength: Double

    public init(
        id: Int, cause: Cause, at: Double, seconds: Double = 0, connections: [Int] = [], strength: Double = 0
    ) {
        self.id = id
        self.cause = cause
        self.at = at
        self.seconds = seconds
        self.connections = connections
        self.strength = strength
    }

    /// Those of `count` connections that it hits.
    public func targets(of count: Int) -> [Int] { connections.isEmpty ? Array(0..<count) : connections }
}

/// When what goes wrong: the same for the same plan, seed, length and number of connections.
///
/// Each cause has a generator of its own, so that a change of one leaves the others as they were. Occurrences come at random
/// (exponential gaps); one that concerns the whole server begins at least a second after the one before of its cause ended.
public struct Schedule: Sendable {
    /// In order of time, ids from 1.
    public let faults: [Fault]

    /// The first seconds, and the last, have no faults.
    public static let margin = 3.0

    public init(plan: Plan, seed: UInt64, seconds: Double, connections: Int) {
        var all: [Fault] = []
        for entry in plan.entries where entry.perHour > 0 {
            var random = Random(seed: seed &+ Schedule.hash(entry.cause.rawValue))
            var time = Schedule.margin
            while true {
                time += random.gap(perHour: entry.perHour)
                guard time < seconds - Schedule.margin else { break }
                let fault = Fault(
                    id: 0, cause: entry.cause, at: time, seconds: random.real(in: entry.seconds),
                    connections: Schedule.connections(entry.cause, connections, &random), strength: random.unit())
                all.append(fault)
                if entry.cause.scope == .server { time += fault.seconds + 1 }
            }
        }
        all.sort { ($0.at, $0.cause.rawValue) < ($1.at, $1.cause.rawValue) }
        for index in all.indices { all[index].id = index + 1 }
        faults = all
    }

    private static func connections(_ cause: Cause, _ count: Int, _ random: inout Random) -> [Int] {
        switch cause.scope {
        case .server: return []
        case .group: return random.choice(of: min(count, 1 + random.below(3)), from: count)
        case .spread:
            let kind = random.unit()
            if kind < 0.5 { return random.choice(of: 1, from: count) }
            if kind < 0.9 { return random.choice(of: min(count, 2 + random.below(max(1, count / 10))), from: count) }
            return []
        }
    }

    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

/// Seeded choices.
public struct Random: Sendable {
    private var generator: SeededGenerator

    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// 0 ..< 1
    public mutating func unit() -> Double { Double(generator.next() >> 11) / Double(UInt64(1) << 53) }

    /// 0 ..< bound; 0 where the bound is not positive.
    public mutating func below(_ bound: Int) -> Int {
        bound <= 0 ? 0 : Int(generator.next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    public mutating func real(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + unit() * (range.upperBound - range.lowerBound)
    }

    /// Seconds until the next of events that come at random.
    mutating func gap(perHour: Double) -> Double { -log(1 - unit()) * 3600 / perHour }

    /// Different ones, ascending.
    mutating func choice(of count: Int, from total: Int) -> [Int] {
        var chosen: Set<Int> = []
        while chosen.count < min(count, total) { chosen.insert(below(total)) }
        return chosen.sorted()
    }
}
