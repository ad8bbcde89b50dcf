import Holdfast
import HoldfastMattermost
import MattermostSimulator
import WorldInterface

/// The second account, at work while the bot hears nothing. It asks the simulator beside the network, as a colleague does who
/// is connected to another node of the same server.
struct Colleague: Sendable {
    private let client: MattermostClient
    private let channelID: String

    static let posts = 50
    static let edits = 5
    static let deletions = 5

    init(
        _ simulator: Simulator, _ fixture: SimulatorFixture, _ server: ServerURL, world: any World
    ) throws(InvalidToken) {
        channelID = fixture.channelID
        let prefix = fixture.url.count
        client = MattermostClient(
            server: server, token: try Token(fixture.userToken), now: { world.now }, makeSeed: { world.makeSeed() },
            pause: { (duration) async throws(CancellationError) in try await world.sleep(for: duration) },
            perform: { (request) async throws(NetworkError) in
                let response = await simulator.perform(
                    request.method, String(request.url.dropFirst(prefix)), token: fixture.userToken,
                    body: String(decoding: request.body, as: UTF8.self))
                return HTTPResponse(status: response.status, headers: response.headers, body: response.body)
            })
    }

    /// Posts, and edits and deletes some of the earlier posts.
    func work(on earlier: ArraySlice<String>, note: @Sendable (PostLedger.Deed) async -> Void)
        async throws(MattermostError)
    {
        for number in 1...Colleague.posts {
            let post = try await client.createPost(channelID: channelID, message: "missed \(number)")
            await note(.posted(post.id))
        }
        for id in earlier.prefix(Colleague.edits) {
            let post = try await client.patchPost(id, message: "edited meanwhile")
            await note(.edited(post.id, at: post.editAt))
        }
        for id in earlier.dropFirst(Colleague.edits).prefix(Colleague.deletions) {
            try await client.deletePost(id)
            await note(.deleted(id))
        }
    }
}
