import Foundation
import Holdfast
import HoldfastMattermost
import Locking
import MattermostSimulator
import Testing
import UVEventLoop
import WorldInterface

/// A rig whose connection hands over deliveries; each is noted and acknowledged.
final class DeliveryRig: Sendable {
    let rig: ServiceRig
    let log: DeliveryLog

    private init(_ rig: ServiceRig, _ log: DeliveryLog) {
        self.rig = rig
        self.log = log
    }

    var fixture: SimulatorFixture { rig.fixture }
    var connection: Connection<MattermostService> { rig.connection }

    /// - Parameter handle: what the consumer does with each before it is noted and acknowledged.
    static func run(
        store: any DeliveryStore = MemoryStore(),
        world: (@Sendable (EventLoop, Simulator, SimulatorFixture) -> any World)? = nil,
        options: (inout MattermostOptions) -> Void = { _ in },
        engine: (inout Configuration) -> Void = { _ in },
        handle: @escaping @Sendable (Delivery) async throws -> Void = { _ in },
        _ body: @Sendable (DeliveryRig) async throws -> Void
    ) async throws {
        try await ServiceRig.run(world: world, options: options, engine: engine, store: store) { rig in
            let delivery = DeliveryRig(rig, DeliveryLog())
            let consumer = delivery.consume(handle)
            await rig.connection.start()
            try await delivery.caughtUp(1)
            try await body(delivery)
            await rig.connection.stop()
            await consumer.value
        }
    }

    /// - Parameter log: where to note them; one that has ended goes on.
    func consume(
        log: DeliveryLog? = nil, _ handle: @escaping @Sendable (Delivery) async throws -> Void = { _ in }
    ) -> Task<Void, Never> {
        let log = log ?? self.log
        log.begin()
        return Task { [connection, log] in
            do {
                for try await delivery in connection.deliveries {
                    try await handle(delivery)
                    log.note(try DeliveryLog.Entry(delivery))
                    try await delivery.acknowledge()
                }
                log.end(nil)
            } catch {
                log.end("\(error)")
            }
        }
    }

    /// Waits for the end of so many catch-ups. The first, which lists the channels, tells where deliveries begin.
    func caughtUp(_ count: Int) async throws {
        try await rig.log.wait("\(count) catch-ups") { [rig] _ in
            rig.log.catchUps.count { $0.phase == .finished } >= count
        }
    }

    // MARK: What people do, in-process

    /// Returns the id of what was made.
    @discardableResult
    func perform(_ method: String, _ path: String, _ body: String = "", admin: Bool = false) async throws -> String {
        let response = await rig.simulator.perform(
            method, "/api/v4" + path, token: admin ? fixture.adminToken : fixture.userToken, body: body)
        try #require((200...299).contains(response.status), "\(method) \(path): \(response.status)")
        let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        return object?["id"] as? String ?? ""
    }

    @discardableResult
    func post(_ message: String, in channel: String? = nil, reply root: String = "") async throws -> String {
        try await perform(
            "POST", "/posts",
            #"{"channel_id":"\#(channel ?? fixture.channelID)","message":"\#(message)","root_id":"\#(root)"}"#)
    }

    func edit(_ id: String, _ message: String) async throws {
        try await perform("PUT", "/posts/\(id)/patch", #"{"message":"\#(message)"}"#)
    }

    func delete(_ id: String) async throws { try await perform("DELETE", "/posts/\(id)") }

    func react(_ id: String, _ emoji: String) async throws {
        try await perform(
            "POST", "/reactions",
            #"{"user_id":"\#(fixture.userID)","post_id":"\#(id)","emoji_name":"\#(emoji)"}"#)
    }

    func unreact(_ id: String, _ emoji: String) async throws {
        try await perform("DELETE", "/users/\(fixture.userID)/posts/\(id)/reactions/\(emoji)")
    }

    /// A direct channel between the second account and the bot.
    func openDirectChannel() async throws -> String {
        try await perform("POST", "/channels/direct", #"["\#(fixture.userID)","\#(fixture.botID)"]"#)
    }

    /// A new public channel with some posts in it, to which the bot does not belong.
    func makeChannel(_ name: String, posts: Int = 0) async throws -> String {
        let id = try await perform(
            "POST", "/channels",
            #"{"team_id":"\#(fixture.teamID)","name":"\#(name)","display_name":"\#(name)","type":"O"}"#)
        for number in 0..<posts { try await post("before the bot came \(number)", in: id) }
        return id
    }

    func addBot(to channel: String) async throws {
        try await perform("POST", "/channels/\(channel)/members", #"{"user_id":"\#(fixture.botID)"}"#)
    }
}

/// What a consumer was handed so far, and a way to wait for more.
final class DeliveryLog: Sendable {
    struct Entry: Hashable, Sendable {
        var kind: String
        /// The post's id, and for a reaction its name.
        var id: String
        var message: String
        var version: Int64
        /// Of a post; else 0.
        var createdAt: Int64
        var channel: String
        var source: DeliverySource
        var reason: String
        var number: Int64
        var isRepeated: Bool

        init(_ delivery: Delivery) throws {
            (kind, id, message, version, createdAt) =
                switch try delivery.content {
                case .posted(let posted):
                    ("posted", posted.post.id, posted.post.message, 0, posted.post.createAt)
                case .edited(let post): ("edited", post.id, post.message, post.editAt, post.createAt)
                case .deleted(let post): ("deleted", post.id, "", 0, post.createAt)
                case .reactionAdded(let reaction):
                    ("reactionAdded", "\(reaction.postID) \(reaction.emojiName)", "", reaction.createAt, 0)
                case .reactionRemoved(let reaction):
                    ("reactionRemoved", "\(reaction.postID) \(reaction.emojiName)", "", 0, 0)
                case .other: (delivery.event.name, "", "", delivery.number, 0)
                }
            channel = delivery.channelID
            source = delivery.source
            reason = delivery.reason
            number = delivery.number
            isRepeated = delivery.isRepeated
        }

        var identity: String { "\(kind) \(id) \(version)" }
    }

    private struct Contents {
        var entries: [Entry] = []
        var waiters: [(condition: @Sendable ([Entry]) -> Bool, continuation: CheckedContinuation<Bool, Never>)] = []
        var isOver = false
        var failure: String?
    }

    private let contents = Lock(Contents())

    var entries: [Entry] { contents.withLock(\.entries) }
    /// What ended the consumer, if it was an error.
    var failure: String? { contents.withLock(\.failure) }

    func begin() {
        answer { contents in
            contents.isOver = false
            contents.failure = nil
        }
    }

    /// Waits for the consumer's end.
    func ended() async throws {
        try await wait("the end", orAtEnd: true) { _ in false }
    }

    func note(_ entry: Entry) {
        answer { $0.entries.append(entry) }
    }

    func end(_ failure: String?) {
        answer { contents in
            contents.isOver = true
            contents.failure = failure
        }
    }

    private func answer(_ change: @Sendable (inout Contents) -> Void) {
        let ready = contents.withLock { contents -> [(CheckedContinuation<Bool, Never>, Bool)] in
            change(&contents)
            let (entries, isOver) = (contents.entries, contents.isOver)
            var ready: [(CheckedContinuation<Bool, Never>, Bool)] = []
            contents.waiters.removeAll { waiter in
                let holds = waiter.condition(entries)
                if holds || isOver { ready.append((waiter.continuation, holds)) }
                return holds || isOver
            }
            return ready
        }
        for (continuation, holds) in ready { continuation.resume(returning: holds) }
    }

    func wait(
        _ what: String, orAtEnd: Bool = false, until condition: @escaping @Sendable ([Entry]) -> Bool
    ) async throws {
        let held = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = contents.withLock { contents -> Bool? in
                    if condition(contents.entries) { return true }
                    if contents.isOver || Task.isCancelled { return false }
                    contents.waiters.append((condition, continuation))
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            let waiters = contents.withLock { contents in
                defer { contents.waiters = [] }
                return contents.waiters
            }
            for waiter in waiters { waiter.continuation.resume(returning: false) }
        }
        let holds = held || (orAtEnd && contents.withLock(\.isOver))
        let last = entries.suffix(20).map { "\($0.source) \($0.kind) \($0.id) \($0.message)" }
        try #require(
            holds,
            "the deliveries (\(failure ?? "no failure")) or the time ended before \(what):\n\(last.joined(separator: "\n"))"
        )
    }

    /// Waits for a post with this text.
    func wait(for message: String) async throws {
        try await wait(message) { entries in entries.contains { $0.kind == "posted" && $0.message == message } }
    }

    /// What was handed over more than once.
    var duplicates: [String] {
        Dictionary(grouping: entries, by: \.identity).filter { $0.value.count > 1 }.keys.sorted()
    }

    func posts(in channel: String) -> [Entry] { entries.filter { $0.kind == "posted" && $0.channel == channel } }
}
