import UVEventLoop
import WorldInterface

/// What a deadline costs, on the loop that it belongs to.
enum Timers {
    static func measure(_ effort: Effort) async throws -> [Figure] {
        let loop = try EventLoop.start(name: "timers")
        let figures = await Task(executorPreference: loop) { await measure(effort, on: loop) }.value
        // The handles that were closed are gone after a turn of the loop.
        await Task(executorPreference: loop) { await Task.yield() }.value
        try loop.stop()
        return figures
    }

    nonisolated(nonsending) private static func measure(_ effort: Effort, on loop: EventLoop) async -> [Figure] {
        var figures: [Figure?] = []
        let hour = loop.now + .seconds(3600)
        let timer = loop.makeTimer {}
        timer.arm(at: hour)
        let rearming = 200_000
        figures.append(
            await figure("timer: re-arm later", effort, rearming) {
                for turn in 0..<rearming { timer.arm(at: hour.advanced(byNanoseconds: UInt64(turn) * 1_000_000)) }
            })
        timer.disarm()
        let arming = 50_000
        figures.append(
            await figure("timer: arm and disarm", effort, arming) {
                for _ in 0..<arming {
                    timer.arm(at: hour)
                    timer.disarm()
                }
            })
        timer.close()
        figures += await many(effort, on: loop, from: hour)
        return figures.compactMap { $0 }
    }

    /// 10,000 of them, as with 10,000 connections: the heap is as deep as it gets.
    nonisolated(nonsending) private static func many(
        _ effort: Effort, on loop: EventLoop, from hour: Instant
    ) async -> [Figure?] {
        let count = 10_000
        let timers = (0..<count).map { _ in loop.makeTimer {} }
        var figures: [Figure?] = []
        // Spread over an hour in an order that is none.
        func due(_ index: Int) -> Instant {
            hour.advanced(byNanoseconds: UInt64((index &* 7919) % count) * 360_000_000)
        }
        figures.append(
            await figure("timer: arm and disarm, 10,000 timers", effort, count) {
                for index in 0..<count { timers[index].arm(at: due(index)) }
                for index in 0..<count { timers[index].disarm() }
            })
        for index in 0..<count { timers[index].arm(at: due(index)) }
        let later = hour + .seconds(7200)
        figures.append(
            await figure("timer: re-arm later, 10,000 timers", effort, count) {
                for index in 0..<count { timers[index].arm(at: later) }
            })
        for timer in timers { timer.close() }
        return figures
    }

    nonisolated(nonsending) private static func figure(
        _ name: String, _ effort: Effort, _ operations: Int, _ body: () -> Void
    ) async -> Figure? {
        Hops.figure(name, unit: "ns per arming", await Hops.costs(effort.runs, operations) { body() })
    }
}
