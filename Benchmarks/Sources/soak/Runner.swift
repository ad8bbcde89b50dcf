import BenchmarkKit
import ConnectionLifecycle
import Foundation
import LoopLag
import SoakKit
import Synchronization
import UVEventLoop
import WorldInterface

/// One soak from its start to its verdict.
actor Runner {
    private let options: Options
    private let carried: SummaryRecord?
    private let folder: RunFolder
    private let signal = Mutex<Int32?>(nil)
    private var progress = ProgressLine()

    /// Seconds between two samples.
    private static let sampling = 5.0
    /// Seconds that what is owed may take after the last fault.
    private static let drain = 60.0

    init(_ options: Options, carried: SummaryRecord?) {
        self.options = options
        self.carried = carried
        folder = options.folder
    }

    /// Returns the exit status.
    func run() async throws -> Int32 {
        ProcessUsage.allowDescriptors()
        let before = carried?.elapsedS ?? 0
        let seconds = options.minutes * 60
        let schedule = Schedule(
            plan: options.plan, seed: options.seed, seconds: seconds, connections: options.connections)
        let rate = Options.rate(options.connections)
        Progress.say(
            "soak: \(schedule.faults.count { $0.at >= before }) faults in \((seconds - before).rounded(to: 0)) s")

        let server = try ServerProcess(
            seed: options.seed &+ UInt64(before), connections: options.connections, rate: rate)
        let loop = try EventLoop.start(name: "soak")
        let clock = RunClock(loop, before: before)
        let oracle = Oracle(server.directory, clock: clock)
        server.read { oracle.take($0) }
        let storePath = folder.file("store")
        Runner.removeStore(storePath)
        let fleet = try await Fleet(
            server.directory, oracle, on: loop, seed: options.seed, path: storePath)
        let signals = try await loop.run { [self] in
            try [SIGINT, SIGTERM].map { number in
                SignalBox(try loop.onSignal(number) { self.signal.withLock { $0 = number } })
            }
        }
        await fleet.start()
        try await open(oracle, fleet, loop)

        clock.begin()
        oracle.with { $0.tracker.begin(at: before) }
        try write(oracle, rate)
        let lag = LagProbe()
        let measuring = Task(executorPreference: loop) { await lag.run(on: loop) }
        var sampler = Sampler(loop, server, lag, at: before)
        let tally = Tally(
            carried,
            recoveries: carried == nil ? [] : folder.lines("recoveries.jsonl", as: RecoveryTracker.Recovery.self))
        server.send(.traffic(true))

        // Faults, and a sample now and then.
        var pending = schedule.faults.drop { $0.at < before }
        var nextSample = before + Runner.sampling
        while clock.now < seconds, signal.withLock({ $0 }) == nil, !oracle.with({ $0.isServerGone }) {
            let now = clock.now
            while let fault = pending.first, fault.at <= now {
                pending.removeFirst()
                oracle.arm(fault)
                if fault.cause != .consumerStall { server.send(.fault(fault)) }
            }
            if now >= nextSample {
                nextSample += Runner.sampling
                try await sample(&sampler, tally, oracle, lag, clock, before)
            }
            let wake = min(pending.first?.at ?? .infinity, nextSample, seconds, now + 0.25)
            try await loop.sleep(for: .seconds(max(0.001, wake - now)))
        }

        // No more faults; what is owed must come.
        server.send(.traffic(false))
        let end = clock.now
        let wasInterrupted = signal.withLock { $0 } != nil
        while clock.now < end + Runner.drain, !oracle.with({ $0.isServerGone }), !Runner.isSettled(oracle) {
            try await loop.sleep(for: .milliseconds(250))
            if clock.now >= nextSample {
                nextSample += Runner.sampling
                try await sample(&sampler, tally, oracle, lag, clock, before)
            }
        }
        if !oracle.with({ $0.isServerGone }) { try await sample(&sampler, tally, oracle, lag, clock, before) }
        let outstanding = oracle.with { $0.ledger.outstanding }
        oracle.close()
        let unfinished = try await fleet.stop(on: loop)
        for index in unfinished { Progress.say("soak: connection \(index) or its consumer did not end") }
        var summary = try summarize(sampler, tally, oracle, lag, clock, before)
        summary.failures += unfinished.count
        summary.outstanding = outstanding
        summary.state = wasInterrupted ? "interrupted" : "finished"
        summary.checks = Judge.checks(summary)
        summary.verdict = summary.checks.allSatisfy(\.ok) ? "pass" : "fail"
        try folder.write("summary.json", summary)
        lag.end()
        await measuring.value
        await loop.run { for box in signals { box.watch.close() } }
        server.end()
        // Whoever has not ended holds what lives on the loop.
        if unfinished.isEmpty { try loop.stop() }
        Runner.removeStore(storePath)
        progress.end()
        try StateReport.print(summary, options)
        report()
        if wasInterrupted { return 130 }
        return summary.verdict == "pass" ? 0 : 1
    }

    /// Waits until each connection has been greeted and delivers.
    private func open(_ oracle: Oracle, _ fleet: Fleet, _ loop: EventLoop) async throws {
        let end = loop.now + .seconds(120)
        while oracle.with({ $0.ready.count }) < fleet.connections.count {
            guard loop.now < end, signal.withLock({ $0 }) == nil else {
                throw Failure(
                    "only \(oracle.with { $0.ready.count }) of \(fleet.connections.count) connections opened")
            }
            try await loop.sleep(for: .milliseconds(50))
        }
    }

    /// Nothing is owed, no fault is under way, and all connections are open.
    private static func isSettled(_ oracle: Oracle) -> Bool {
        oracle.with { contents in
            let states = contents.tracker.states
            let open = states[.open, default: 0] + states[.probing, default: 0]
            return contents.ledger.outstanding == 0 && contents.running.isEmpty && open == contents.stalledUntil.count
        }
    }

    private func write(_ oracle: Oracle, _ rate: Double) throws {
        guard carried == nil else { return }
        let record = RunRecord(
            seed: options.seed, minutes: options.minutes, connections: options.connections, faults: options.faults,
            plan: options.plan, probeIntervalS: Fleet.probeInterval, postsPerSecond: rate,
            startedAt: Date().ISO8601Format(), machine: Machine.record, versions: Machine.versions,
            tableDigest: Machine.tableDigest)
        try folder.write("run.json", record)
    }

    private func sample(
        _ sampler: inout Sampler, _ tally: Tally, _ oracle: Oracle, _ lag: LagProbe, _ clock: RunClock, _ before: Double
    ) async throws {
        oracle.sweep()
        var record = await sampler.sample(at: clock.now)
        let summary = try summarize(sampler, tally, oracle, lag, clock, before)
        record.posted = summary.posted
        record.expected = summary.expected
        record.delivered = summary.delivered
        record.faults = summary.faults
        record.eventsPerS = sampler.rate(oracle.with { $0.heard }, at: record.t)
        let (states, lastVerdict) = oracle.with { ($0.tracker.states, $0.lastVerdict) }
        for (state, count) in states { record.states["\(state)"] = count }
        try folder.append("samples.jsonl", [record])
        try folder.write("summary.json", summary)
        progress.show(record, summary, of: options.minutes * 60, lastVerdict: lastVerdict)
    }

    /// The figures as they stand; writes the lines that are complete.
    private func summarize(
        _ sampler: Sampler, _ tally: Tally, _ oracle: Oracle, _ lag: LagProbe, _ clock: RunClock, _ before: Double
    ) throws -> SummaryRecord {
        let now = clock.now
        let (contents, faults, recoveries) = oracle.with { contents in
            let recoveries = contents.tracker.takeRecoveries()
            let faults = contents.faultLines
            contents.faultLines = []
            return (contents, faults, recoveries)
        }
        try folder.append("faults.jsonl", faults)
        try folder.append("recoveries.jsonl", recoveries)
        return tally.summary(
            contents, at: now, lag: lag.whole, usage: sampler.usage,
            slopes: sampler.slopes(from: before, to: now, connections: options.connections))
    }

    /// The page and the Markdown, where the program that makes them is there.
    private func report() {
        let candidates = ["Benchmarks/Report/report", "Report/report"]
        guard let program = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            return
        }
        do {
            let (lines, status) = try ChildProcess.lines("/usr/bin/env", [program, folder.path])
            for line in lines { Progress.say(line) }
            if status != 0 { Progress.say("soak: \(program) ended with status \(status)") }
        } catch {
            Progress.say("soak: \(error)")
        }
    }

    private static func removeStore(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-done"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}

/// Loop-confined: made and opened there.
private struct SignalBox: @unchecked Sendable {
    // Sound as Sendable: only carried through the runner; the watch is touched on the loop alone.
    let watch: SignalWatch

    init(_ watch: SignalWatch) { self.watch = watch }
}
