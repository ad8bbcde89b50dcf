import BenchmarkKit
import HoldfastMattermost
import Synchronization
import UVEventLoop

/// How long an event takes from the engine's read to the consumer's code, at a gentle pace: one event each millisecond or
/// so, each a read of its own.
///
/// Two clocks are read besides: where libuv's read callback hands the bytes to the engine (before a byte of them has been
/// looked at), and at the server before its write. The consumer's reading is the first thing that its loop body does.
enum Latency {
    static func measure(_ effort: Effort) async throws -> [Figure] {
        try await measure(effort, isOnLoop: true) + measure(effort, isOnLoop: false)
    }

    private static func measure(_ effort: Effort, isOnLoop: Bool) async throws -> [Figure] {
        let rig = try await EngineRig()
        let sent = Atomic<UInt64>(0)
        let isDone = Atomic<Bool>(false)
        let total = effort.events
        let consumer = Task(executorPreference: isOnLoop ? rig.loop : nil) {
            var fromRead: [Double] = []
            var fromServer: [Double] = []
            fromRead.reserveCapacity(total)
            fromServer.reserveCapacity(total)
            for await event in rig.connection.events {
                let now = rig.world.now.nanoseconds
                guard event.kind == .posted else { continue }
                let read = rig.world.lastRead.load(ordering: .relaxed)
                let wrote = sent.exchange(0, ordering: .relaxed)
                // The first are for warming up.
                if event.sequence > 50 {
                    fromRead.append(Double(now - read) / 1000)
                    fromServer.append(Double(now - wrote) / 1000)
                }
                if fromRead.count == total { break }
            }
            isDone.store(true, ordering: .relaxed)
            return (fromRead, fromServer)
        }
        await rig.onServer {
            while !isDone.load(ordering: .relaxed) {
                // One at a time: the times must be of the same event.
                if sent.load(ordering: .relaxed) == 0 {
                    sent.store(rig.serverNow, ordering: .relaxed)
                    rig.server.send(1, byteCount: 700)
                }
                try? await Task.sleep(for: .milliseconds(1))
            }
        }
        let (fromRead, fromServer) = await consumer.value
        try await rig.close()
        let place = isOnLoop ? "a consumer on the loop" : "a consumer on Swift's pool"
        return [("read", fromRead), ("the server's write", fromServer)].compactMap { start, times in
            guard let summary = Summary(times) else { return nil }
            var figure = Figure("latency: from \(start) to \(place)", unit: "µs", summary)
            figure.p99 = summary.percentile(99).rounded(to: 3)
            return figure
        }
    }
}
