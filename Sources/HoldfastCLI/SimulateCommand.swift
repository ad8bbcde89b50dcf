import Holdfast
import HoldfastMattermost
import MattermostSimulator
import UVEventLoop
import WorldInterface

/// `holdfast simulate`
enum SimulateCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = Syntax(
        name: "simulate", summary: "Run the Mattermost simulator alone, on 127.0.0.1.",
        options: [
            .init("--port", "N", "where to listen; 0 takes a free port (default: 8065)"),
            .init("--seed", "N", "the same accounts and tokens each time; anybody can guess them then"),
            .init("--duration", "TIME", "end by itself, e.g. 10m (default: run until a signal)"),
        ],
        notes: """
            The first line of the output is JSON: the url, and ids and tokens of the accounts. The API is Mattermost's
            own, so scripts and clients for a real server work on it. What goes wrong on purpose is ordered beside it:

              POST /simulator/freeze {"ms":5000}   /simulator/drop {"how":"rst"}   /simulator/restart {"down_ms":1000}
              POST /simulator/delay {"ms":200}     /simulator/refuse {"ms":5000}   /simulator/error {"status":503}
              POST /simulator/lose {"path_prefix":"/api/v4/posts","count":1}

            SIGINT or SIGTERM ends it.
            """)

    private static func run(_ arguments: Arguments) async throws(Complaint) -> ExitStatus {
        let port = try arguments.port("--port") ?? 8065
        let duration = try arguments.duration("--duration", in: .zero ... .seconds(365 * 86_400))
        var configuration = SimulatorConfiguration()
        configuration.seed = try arguments.seed("--seed")
        let loop = try EventLoop.started("simulator")
        let simulator = Simulator(world: loop, configuration: configuration)
        let ending = Ending(on: loop)
        do throws(NetworkError) {
            try await ending.begin(duration: duration)
            try await simulator.start(on: Endpoint(host: "127.0.0.1", port: port))
        } catch {
            throw Complaint(
                "\(error.message); choose another port with --port, or 0 for a free one", status: .unavailable)
        }
        let fixture = await simulator.fixture
        StandardOutput.write(line(fixture))
        StandardError.write(
            "holdfast: a Mattermost simulator listens on \(fixture.url); Ctrl-C ends it. In another terminal:\n"
                + "  HOLDFAST_TOKEN=\(fixture.botToken) holdfast watch --server \(fixture.url)")
        _ = await ending.wait()
        await simulator.stop()
        await ending.close()
        loop.finish()
        return .success
    }

    /// The accounts exist only here: these tokens open nothing else.
    private static func line(_ fixture: SimulatorFixture) -> [UInt8] {
        JSONWriter.line([
            "type": .string("simulator"), "url": .string(fixture.url), "bot_id": .string(fixture.botID),
            "bot_username": .string(fixture.botUsername), "bot_token": .string(fixture.botToken),
            "bot_token_id": .string(fixture.botTokenID), "admin_id": .string(fixture.adminID),
            "admin_username": .string(fixture.adminUsername), "admin_password": .string(fixture.adminPassword),
            "admin_token": .string(fixture.adminToken), "user_id": .string(fixture.userID),
            "user_username": .string(fixture.userUsername), "user_token": .string(fixture.userToken),
            "team_id": .string(fixture.teamID), "team_name": .string(fixture.teamName),
            "channel_id": .string(fixture.channelID), "channel_name": .string(fixture.channelName),
        ])
    }
}
