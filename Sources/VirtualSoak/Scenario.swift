import ConnectionLifecycle
import Foundation

/// All that a run depends on: the same scenario gives the same run, event for event.
public struct Scenario: Hashable, Codable, Sendable {
    /// Seconds without faults at the end, within which all must be well again.
    public static let recoverySeconds = 300.0

    public var seed: UInt64
    /// Virtual seconds.
    public var seconds: Double
    public var gateways: Int
    /// What colleagues write, in each channel.
    public var postsPerHour: Double
    public var faults: [InjectedFault]

    /// The scenario of a seed: which kinds of faults, how many, and when. Each seed has a selection of its own, because what
    /// goes wrong together finds what each alone does not, and what is left out cannot hide it.
    public init(seed: UInt64, hours: Double, gateways: Int, postsPerHour: Double = 60) {
        self.seed = seed
        seconds = hours * 3600 + Scenario.recoverySeconds
        self.gateways = gateways
        self.postsPerHour = postsPerHour
        faults = []
        var random = SeededGenerator(seed: seed ^ 0x5CE7_A710)
        // Every fourth is a time in which no connection may be replaced.
        let isQuiet = seed % 4 == 3
        let candidates = FaultKind.allCases.filter { !isQuiet || !$0.mayReplace }
        let share = Double.random(in: 0.15...1, using: &random)
        var kinds = candidates.filter { _ in Double.random(in: 0..<1, using: &random) < share }
        if kinds.isEmpty { kinds = [candidates[0]] }
        let perHour = [20.0, 60, 180, 400][Int.random(in: 0..<4, using: &random)]
        var time = 20.0
        while true {
            time += -log(Double.random(in: 0.0001..<1, using: &random)) * 3600 / perHour
            guard time < hours * 3600 else { break }
            let kind = kinds[Int.random(in: 0..<kinds.count, using: &random)]
            let length = Double.random(in: 0..<1, using: &random)
            let range = kind.seconds
            // Short ones more often than long ones.
            let seconds = range.lowerBound + (range.upperBound - range.lowerBound) * length * length
            var hit: [Int] = []
            if !kind.hitsServer {
                hit = (0..<gateways).filter { _ in Bool.random(using: &random) }
                if hit.isEmpty { hit = [Int.random(in: 0..<gateways, using: &random)] }
            }
            faults.append(
                InjectedFault(
                    id: faults.count + 1, kind: kind, at: (time * 1000).rounded() / 1000,
                    seconds: (seconds * 1000).rounded() / 1000, gateways: hit,
                    strength: Double.random(in: 0..<1, using: &random)))
        }
    }

    public var connectionHours: Double { seconds / 3600 * Double(gateways) }
}

extension Scenario {
    /// Refuses what could not be run: a file may have been edited by hand.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        seed = try values.decode(UInt64.self, forKey: .seed)
        seconds = try values.decode(Double.self, forKey: .seconds)
        gateways = try values.decode(Int.self, forKey: .gateways)
        postsPerHour = try values.decode(Double.self, forKey: .postsPerHour)
        faults = try values.decode([InjectedFault].self, forKey: .faults)
        let year = 0...31_536_000.0
        let isPossible =
            year.contains(seconds) && (1...60).contains(gateways) && (0...1_000_000).contains(postsPerHour)
            && faults.allSatisfy { fault in
                year.contains(fault.at) && year.contains(fault.seconds) && (0...1).contains(fault.strength)
                    && fault.gateways.allSatisfy { (0..<gateways).contains($0) }
            }
        guard isPossible else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a number is out of its range"))
        }
    }
}
