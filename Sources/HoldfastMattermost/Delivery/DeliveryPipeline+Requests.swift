import Holdfast
import WorldInterface

/// What the catch-up asks the server, again and again until it answers, and no more of it than it can need.
extension DeliveryPipeline {
    /// The server's bound of a page.
    static let pageSize = 200
    /// Pages of one channel in a row without anything new in them; 200,000 posts lie in so many. Only who has lost
    /// all that it knew of a channel looks through pages like that.
    private static let maximumFruitless = 1000
    /// How often a page is asked for that cannot be read.
    private static let unreadableLimit = 5

    /// The channels, and the server's clock when it listed them.
    func list() async throws -> ([Channel], Int64) {
        if userID.isEmpty {
            let me = try await ask(insists: true) { [client] () async throws(MattermostError) in try await client.me() }
            if case .user(let user, _) = me, !identify(user.id) { throw CancellationError() }
        }
        let (channels, time) = try await ask(insists: true) { [client] () async throws(MattermostError) in
            try await client.myChannelsAndTime()
        }
        // The end of time stands for a channel that was not listed.
        let listed = channels.filter(\.id.isKeepable).map { channel in
            var channel = channel
            channel.lastPostAt = channel.lastPostAt.asTime
            return channel
        }
        let clock = time ?? listed.reduce(0) { max($0, $1.lastPostAt) }
        self.listed = (clock, world.now)
        return (listed, clock)
    }

    func changesSince(_ time: Int64, _ channel: Channel) async throws -> PostPage {
        try expectFruit(channel)
        return try await ask { [client] () async throws(MattermostError) in
            try await client.postPage(channel: channel.id, .since(time))
        }
    }

    func page(
        _ channel: Channel, _ selection: PostSelection, _ number: Int, perPage: Int = pageSize
    ) async throws -> PostPage {
        try expectFruit(channel)
        return try await ask { [client] () async throws(MattermostError) in
            try await client.postPage(channel: channel.id, selection, page: number, perPage: perPage)
        }
    }

    /// A server whose answers never end must not be asked for ever.
    private func expectFruit(_ channel: Channel) throws(MattermostError) {
        let count = fruitless[channel.id, default: 0] + 1
        guard count <= DeliveryPipeline.maximumFruitless else {
            throw .unexpected("the server's pages of posts do not end: \(count - 1) in a row had nothing new")
        }
        fruitless[channel.id] = count
    }

    /// The names of the people who wrote these posts, as the server would have given them with the event.
    func senders(of rows: [PostRow]) async throws -> [String: String] {
        let people = Set(rows.lazy.filter { $0.post.type.isEmpty }.map(\.post.userID))
        let unknown = people.filter { senders[$0] == nil }.sorted()
        if !unknown.isEmpty {
            if senders.count > 10_000 { senders = [:] }
            let users = try? await ask { [client] () async throws(MattermostError) in
                try await client.users(unknown)
            }
            // Who was not asked for is not kept, nor a name that no account can have (64 characters, server: `model/user.go`).
            for user in users ?? [] where people.contains(user.id) && user.id.isKeepable && user.username.isKeepable {
                senders[user.id] = "@\(user.username)"
            }
            try check()
        }
        return senders.filter { people.contains($0.key) }
    }

    /// Asks until the server answers: whoever gives up loses posts. What it refuses is thrown, and what again and again
    /// cannot be read, so that one channel does not hold up the others for ever.
    ///
    /// - Parameter insists: on an answer that nothing can go on without, even if it is refused.
    private func ask<Value: Sendable>(
        insists: Bool = false, _ request: @Sendable () async throws(MattermostError) -> Value
    ) async throws -> Value {
        var pause = Duration.milliseconds(250)
        var attempts = 0
        while true {
            try check()
            while notBefore > world.now {
                try await world.sleep(for: .nanoseconds(Int64(clamping: notBefore.nanoseconds(since: world.now))))
            }
            do throws(MattermostError) {
                return try await request()
            } catch {
                try check()
                attempts += 1
                switch error {
                case .rateLimited(let retryAfter):
                    // All that is in flight is meant.
                    notBefore = max(notBefore, world.now + retryAfter)
                    publishProgress(.waiting(retryAfter))
                    continue
                case .forbidden, .notFound, .badRequest: if !insists { throw error }
                case .unexpected: if !insists, attempts >= DeliveryPipeline.unreadableLimit { throw error }
                case .unauthorized, .server, .transport: break
                }
                note(.warning, "catching up: \(error); asking again in \(pause)")
                try await world.sleep(for: pause)
                pause = min(pause * 2, .seconds(30))
            }
        }
    }
}
