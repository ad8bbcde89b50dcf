import BenchmarkKit
import HoldfastMattermost

/// How many jobs of executors one read of many events costs. Hops are counted where they pass: each resumption of the
/// consumer is a job of its executor, each task or call into the connection's actor one of the engine's.
enum ReadHops {
    static func measure(_ effort: Effort) async throws -> [Figure] {
        let rig = try await EngineRig()
        let consumer = CountingThread()
        let figures = await Task(executorPreference: consumer) {
            var figures: [Figure] = []
            var events = rig.connection.events.makeAsyncIterator()
            while let hello = await events.next(), hello.kind != .hello {}
            for batch in [1, 16, 64] {
                var consumerJobs: [Double] = []
                var engineJobs: [Double] = []
                for run in 0...effort.runs {
                    let rounds = 200
                    let before = counts(rig, consumer)
                    for _ in 0..<rounds {
                        rig.server.post(batch, byteCount: 700)
                        for _ in 0..<batch { _ = await events.next() }
                    }
                    let after = counts(rig, consumer)
                    guard run > 0 else { continue }
                    let reads = Double(after.reads - before.reads)
                    consumerJobs.append(Double(after.consumer - before.consumer) / reads)
                    engineJobs.append(Double(after.engine - before.engine) / reads)
                }
                for (who, jobs) in [("consumer", consumerJobs), ("engine", engineJobs)] {
                    guard let summary = Summary(jobs) else { continue }
                    figures.append(
                        Figure("hop: jobs of the \(who) per read of \(batch) events", unit: "jobs per read", summary))
                }
            }
            return figures
        }.value
        consumer.stop()
        try await rig.close()
        return figures
    }

    private static func counts(
        _ rig: EngineRig, _ consumer: CountingThread
    ) -> (reads: Int, consumer: Int, engine: Int) {
        (
            rig.world.reads.load(ordering: .relaxed), consumer.count.load(ordering: .relaxed),
            rig.world.jobs.count.load(ordering: .relaxed)
        )
    }
}
