import BenchmarkKit
import CAllocationCounter

/// Work of the processor alone, without sockets, threads or waiting: the same instructions each time.
struct PureScenario {
    let group: Group
    let name: String
    /// What the figures are divided by: one operation may be several events.
    var eventsPerOperation = 1
    var unit = "ns per event"
    /// Performs so many operations; the result depends on each of them, so that none can be left out.
    let run: (Int) -> Int
    /// What is measured in turn with it.
    var reference: Reference?

    /// Work of a known kind on the same bytes: it makes figures of two machines comparable.
    struct Reference {
        let name: String
        let run: (Int) -> Int
    }

    static var all: [PureScenario] { transitions + codec + json }

    func measure(_ effort: Effort) -> Figure? {
        let operations = Self.operations(lasting: effort.runNanoseconds, run)
        let references = reference.map { Self.operations(lasting: effort.runNanoseconds / 2, $0.run) } ?? 0
        var costs: [Double] = []
        var ratios: [Double] = []
        costs.reserveCapacity(effort.runs + 1)
        ratios.reserveCapacity(effort.runs + 1)
        var asked: UInt64 = 0
        for run in 0...effort.runs {
            let scale = reference.map { Self.time(references, $0.run) / Double(references) }
            let before = allocation_count()
            let elapsed = Self.time(operations, self.run)
            asked += allocation_count() - before
            guard run > 0 else { continue }
            let cost = elapsed / Double(operations * eventsPerOperation)
            costs.append(cost)
            if let scale, scale > 0 { ratios.append(cost * Double(eventsPerOperation) / scale) }
        }
        guard let summary = Summary(costs) else { return nil }
        var figure = Figure(name, unit: unit, summary)
        // A counter that counted nothing since the process began, arrays and all, does not count.
        if allocation_count_is_available(), allocation_count() > 0 {
            figure.allocations = Double(asked) / Double(operations * eventsPerOperation * (effort.runs + 1))
        }
        figure.ratio = Summary(ratios)?.median.rounded(to: 4)
        figure.reference = reference?.name
        return figure
    }

    private static func operations(lasting nanoseconds: Double, _ run: (Int) -> Int) -> Int {
        var operations = 1
        while true {
            let elapsed = time(operations, run)
            if elapsed >= nanoseconds / 4 {
                return max(1, Int(Double(operations) * nanoseconds / elapsed))
            }
            operations *= 2
        }
    }

    private static func time(_ operations: Int, _ run: (Int) -> Int) -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let result = run(operations)
        let elapsed = start.duration(to: clock.now)
        sink = sink &+ result
        return Double(elapsed.components.seconds) * 1e9 + Double(elapsed.components.attoseconds) / 1e9
    }

    /// Where results go. Sound: one task after the other measures pure scenarios.
    nonisolated(unsafe) private static var sink = 0
}

/// Memory of a benchmark, with what parsers may read behind it.
final class Bytes {
    let all: UnsafeMutableRawBufferPointer
    let count: Int

    init(_ content: [UInt8]) {
        count = content.count
        all = .allocate(byteCount: content.count + 64, alignment: 64)
        all.initializeMemory(as: UInt8.self, repeating: 0)
        all.copyBytes(from: content)
    }

    convenience init(count: Int) { self.init([UInt8](repeating: 0, count: count)) }

    deinit { all.deallocate() }

    var content: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: all[..<count]) }
}

extension PureScenario.Reference {
    /// Copying the bytes.
    static func copying(_ source: Bytes) -> Self {
        let target = Bytes(count: source.count)
        return Self(name: "memcpy") { count in
            var sum = 0
            for turn in 0..<count {
                // Different each time, and looked at, so that no copy can be left out.
                source.all[turn & 15] = UInt8(truncatingIfNeeded: turn)
                target.content.copyMemory(from: UnsafeRawBufferPointer(source.content))
                sum &+= Int(target.all[turn & 15])
            }
            return sum
        }
    }

    /// A hash that takes the bytes one by one (FNV-1a): its pace is the processor's clock and nothing else.
    static func hashing(_ source: Bytes) -> Self {
        Self(name: "FNV-1a of \(source.count) B") { count in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for _ in 0..<count {
                for byte in source.content { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            }
            return Int(truncatingIfNeeded: hash)
        }
    }
}
