import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import MattermostSimulator
import UVEventLoop
import WorldInterface

/// `holdfast demo`
enum DemoCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = Syntax(
        name: "demo", summary: "Break a bot's connection in five ways and watch it come back.",
        options: [
            .init(
                "--cause", "CAUSE",
                "only this one: \(Cause.allCases.map(\.rawValue).joined(separator: ", ")); may be repeated"),
            .init("--probe-interval", "TIME", "how often to prove that events still arrive (default: 2s)"),
            .init("--seed", "N", "fixes accounts, tokens and all jitter"),
            TraceFile.option,
            .init("--json", "JSON Lines: transitions, verdicts, one result for each cause, and a summary"),
        ],
        notes: """
            Runs a Mattermost simulator on 127.0.0.1, connects a bot to it, and lets a second account post steadily. Then
            each cause happens in turn. While the bot hears nothing, the second account posts, edits and deletes. Nothing
            outside this process is touched.

            Ends with status 0 if every cause was detected and recovered, nothing was missed and nothing came twice, else
            with 1.
            """)

    private static func run(_ arguments: Arguments) async throws(Complaint) -> ExitStatus {
        let causes = try causes(arguments)
        let interval =
            try arguments.duration("--probe-interval", in: .milliseconds(200) ... .seconds(10)) ?? .seconds(2)
        let seed = try arguments.seed("--seed")
        let trace = try TraceFile.of(arguments)
        let shown: any DemoView = arguments.has("--json") ? JSONView() : TextView(style: .standardOutput)
        let view = trace.map { TracedView(view: shown, file: $0) } ?? shown

        let serverLoop = try EventLoop.started("simulator")
        let clientLoop = try EventLoop.started("bot")
        let ending = Ending(on: clientLoop, late: .interrupted)
        // The server drops a connection that is found invalid in its first 5 s. The demo is about what comes after, and does
        // not wait for it.
        var simulated = SimulatorConfiguration(authenticationCheck: .seconds(3600))
        simulated.seed = seed
        let simulator = Simulator(world: serverLoop, configuration: simulated)
        do throws(NetworkError) {
            try await simulator.start()
            try await ending.begin(duration: nil)
        } catch {
            throw Complaint(error.message, status: .unavailable)
        }
        let run = try DemoRun(
            simulator: simulator, fixture: await simulator.fixture, loop: clientLoop, interval: interval, seed: seed,
            view: view)
        let playing = Task {
            let outcome = await run.play(causes)
            await ending.finish()
            return outcome
        }
        if await ending.wait() == .signal { await run.breakOff() }
        let outcome = await playing.value
        await simulator.stop()
        await ending.close()
        clientLoop.finish()
        serverLoop.finish()
        let results = try outcome.get()
        guard results.count == causes.count else { return .interrupted }
        view.end(results)
        return results.allSatisfy(\.isComplete) ? .success : .failure
    }

    /// In the order given; all where none is.
    private static func causes(_ arguments: Arguments) throws(Complaint) -> [Cause] {
        var causes: [Cause] = []
        for name in arguments.texts("--cause") { causes.append(try Arguments.choice("--cause", name)) }
        return causes.isEmpty ? Cause.allCases : causes
    }
}
