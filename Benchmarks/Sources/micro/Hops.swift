import BenchmarkKit
import CAllocationCounter
import UVEventLoop

/// What it costs to await an actor that lives on a loop.
enum Hops {
    /// Does next to nothing, on its loop.
    private actor Counter {
        private var count = 0
        nonisolated let unownedExecutor: UnownedSerialExecutor
        init(on loop: EventLoop) { unownedExecutor = loop.executor.asUnownedSerialExecutor() }
        func increment() -> Int {
            count += 1
            return count
        }
    }

    static func measure(_ effort: Effort) async throws -> [Figure] {
        let (near, far) = (try EventLoop.start(name: "near"), try EventLoop.start(name: "far"))
        let (here, there) = (Counter(on: near), Counter(on: far))
        var figures: [Figure] = []
        for (name, counter, count) in [
            ("hop: await an actor on the same loop", here, 200_000),
            ("hop: round trip between two loops", there, 5_000),
        ] {
            let measured = await Task(executorPreference: near) {
                await costs(effort.runs, count) {
                    for _ in 0..<count { stayHere(await counter.increment()) }
                }
            }.value
            if let figure = figure(name, unit: "ns per await", measured) { figures.append(figure) }
        }
        try near.stop()
        try far.stop()
        return figures + (try await ReadHops.measure(effort))
    }

    /// Must run where the caller belongs, as far as the compiler can see; without it the way back and the next way there
    /// cancel out.
    @inline(never) private static func stayHere(_ value: Int) { if value == .min { print(value) } }

    /// Nanoseconds per operation of each run, and the allocations of all.
    nonisolated(nonsending) static func costs(
        _ runs: Int, _ operations: Int, _ body: nonisolated(nonsending) () async -> Void
    ) async -> (costs: [Double], allocations: Double) {
        var costs: [Double] = []
        costs.reserveCapacity(runs + 1)
        let clock = ContinuousClock()
        var asked: UInt64 = 0
        for run in 0...runs {
            let before = allocation_count()
            let start = clock.now
            await body()
            let elapsed = start.duration(to: clock.now)
            asked += allocation_count() - before
            if run > 0 {
                costs.append(
                    Double(elapsed.components.attoseconds) / 1e9 / Double(operations)
                        + Double(elapsed.components.seconds) * 1e9 / Double(operations))
            }
        }
        return (costs, Double(asked) / Double(operations * (runs + 1)))
    }

    static func figure(
        _ name: String, unit: String, _ measured: (costs: [Double], allocations: Double)
    ) -> Figure? {
        guard let summary = Summary(measured.costs) else { return nil }
        var figure = Figure(name, unit: unit, summary)
        if allocation_count_is_available() { figure.allocations = measured.allocations }
        return figure
    }
}
