/// The version that the simulator claims to be, and behaves like.
let serverVersion = "6.6.1"
/// As in `hello` and `X-Version-Id`.
let fullServerVersion = "6.6.1.6.6.1.84b89fc4b5e11d7caeb1c730fd269241.false"

/// The whole server without I/O: accounts, sessions, channels, posts, and the hub that tells web connections.
///
/// Time is `now`, set by the caller before each call; identifiers come from a seed. Not synchronised: it belongs to
/// one isolation. It must never know sockets, clocks or HTTP.
final class ServerModel {
    /// Milliseconds since 1970.
    var now: Int64
    var identifiers: IdentifierSource
    let hub = Hub()

    var users: [String: User] = [:]
    var userIDByName: [String: String] = [:]
    var teams: [String: Team] = [:]
    var channels: [String: Channel] = [:]
    /// Channel ids by creation, so that listings do not depend on hashing.
    var channelOrder: [String] = []
    /// Channels that an account is in, or was: so that a listing does not go through all there are.
    var channelIDsOfUser: [String: Set<String>] = [:]
    var posts: [String: Post] = [:]
    /// By channel, in order of saving; copies of edited posts included.
    var postsByChannel: [String: [Post]] = [:]
    var repliesByRoot: [String: [Post]] = [:]
    /// The server remembers a pending id for so long after its post, in milliseconds (server: `PendingPostIDsCacheTTL`).
    static let pendingIDLifetime: Int64 = 30_000
    /// Answers to a `pending_post_id` that was seen before; see `post(pendingID:)`.
    var postIDByPendingID: [String: String] = [:]
    /// Creations under way, as the shell says: the same again is refused.
    var pendingIDsInWork: Set<String> = []
    var preferences: [String: [Preference]] = [:]
    var statuses: [String: Status] = [:]

    var sessions: [String: Session] = [:]
    /// Tokens whose session is cached: these survive a database that is down.
    var sessionCache: Set<String> = []
    var accessTokens: [String: AccessToken] = [:]
    /// Their ids, by the secret.
    var accessTokenIDs: [String: String] = [:]
    /// Token ids by creation.
    var accessTokenOrder: [String] = []
    var isDatabaseDown = false

    /// Ids of posts in order of creation, system posts included; empty where no log is kept.
    private(set) var createdPostIDs: [String] = []
    /// Whether the log of what was done and sent is kept. It grows without end.
    let keepsLog: Bool
    /// Takes replies on WebSockets instead of the hub.
    var replyDetour: ((WebConnection.Message, WebConnection) -> Void)?
    /// Is told what happens.
    var onChange: ((SimulatorChange) -> Void)?

    init(now: Int64, seed: UInt64, keepsLog: Bool = true) {
        self.now = now
        self.keepsLog = keepsLog
        identifiers = IdentifierSource(seed: seed)
    }

    func makeID() -> String { identifiers.next() }

    func noteCreated(_ post: Post) {
        if keepsLog { createdPostIDs.append(post.id) }
        note(.posted, post, detail: post.type, by: post.userID)
    }

    func note(_ kind: SimulatorChange.Kind, _ post: Post, detail: String = "", by userID: String) {
        onChange?(
            SimulatorChange(
                kind: kind, at: now, channelID: post.channelID, postID: post.id, detail: detail, userID: userID))
    }

    /// The post that was made under a pending id, unless that is too long ago.
    func post(pendingID: String) -> Post? {
        guard let post = postIDByPendingID[pendingID].flatMap({ posts[$0] }),
            now - post.createAt < Self.pendingIDLifetime
        else { return nil }
        return post
    }

    /// They end with the process.
    func forgetPendingIDs() { postIDByPendingID = [:] }

    func user(_ id: String) -> User? { users[id] }

    func channel(named name: String, teamID: String) -> Channel? {
        channels.values.first { $0.teamID == teamID && $0.name == name }
    }

    func teams(of userID: String) -> [Team] {
        teams.values.filter { $0.members.contains(userID) }.sorted { ($0.createAt, $0.id) < ($1.createAt, $1.id) }
    }

    /// Public, private and direct channels of the account, by display name as the server sorts them.
    func channels(of userID: String, teamID: String?) -> [Channel] {
        channelIDsOfUser[userID, default: []].compactMap { channels[$0] }
            .filter { channel in
                channel.memberSet.contains(userID) && channel.deleteAt == 0
                    && (teamID == nil || channel.teamID.isEmpty || channel.teamID == teamID)
            }
            .sorted { ($0.displayName, $0.id) < ($1.displayName, $1.id) }
    }

    func isMember(_ userID: String, ofTeam teamID: String) -> Bool {
        teams[teamID]?.members.contains(userID) ?? false
    }

    /// `update_at` never stands still, so that a change is always seen as one.
    func touch(_ userID: String) {
        guard var user = users[userID] else { return }
        user.updateAt = max(now, user.updateAt + 1)
        users[userID] = user
    }
}
