import Foundation
import Holdfast
import HoldfastMattermost
import Locking
import WorldInterface

/// On what is kept of events, and on catching up.
let deliveryCases: [HostileCase] = [
    HostileCase(name: "absurd-numbers") {
        // Numbers and times from one end of what a number can be to the other.
        let numbers: [Int64] = [.min, -1, 0, .max, .max, 5, 5, .min, 1 << 53]
        let frames = numbers.enumerated().flatMap { index, number in
            Frames.posted("p\(index)", at: number, sequence: number)
        }
        let stage = try await Stage(
            HostileScript(
                answer: { request in
                    request.contains("/users/me/channels")
                        ? .json(
                            numbers.enumerated().map { #"{"id":"c\#($0)","name":"n","last_post_at":\#($1)}"# }.joined(
                                separator: ","
                            )
                            .inBrackets) : nil
                }, socket: .bytes(frames)))
        let connection = await stage.connect()
        let taken = take(connection)
        await connection.start()
        // A number below zero is none that a server gives: told, and no more.
        let readable = numbers.count { $0 >= 0 }
        try await stage.until("\(readable) events") { taken.count >= readable }
        _ = try await stage.line("caught up: ")
        _ = try await stage.line("unreadable message")
        return "\(readable) of \(numbers.count) handed over, a warning for each of the others"
    },
    HostileCase(name: "absurd-times-of-posts") {
        let times: [Int64] = [.min, -1, 0, .max, 1 << 60]
        let posts = times.enumerated().map { index, time in
            #""p\#(index)":{"id":"p\#(index)","create_at":\#(time),"update_at":\#(times[(index + 2) % times.count]),"#
                + #""delete_at":\#(index == 3 ? Int64.max : 0),"user_id":"u","channel_id":"c","message":"m"}"#
        }
        let order = times.indices.map { "\"p\($0)\"" }.joined(separator: ",")
        let page = #"{"order":[\#(order)],"posts":{\#(posts.joined(separator: ","))}}"#
        let stage = try await caughtUp(page: { _ in page })
        return try await stage.line("caught up: 1 channels")
    },
    HostileCase(name: "endless-channels") {
        // 150,000 channels, each with an event: beyond the bound events are handed over, and nothing is remembered.
        let counter = Counter()
        let stage = try await Stage(
            HostileScript(
                socket: .made {
                    guard counter.current < 150_000 else { return [] }
                    return Array(
                        (0..<100).map { _ in
                            let number = counter.next()
                            return Frames.posted("p\(number)", channel: "made-up-\(number)", sequence: number)
                        }.joined())
                }))
        let connection = await stage.connect()
        let taken = take(connection)
        await connection.start()
        _ = try await stage.line("more than 100000 channels", within: 150)
        try await stage.until("all events", within: 60) { taken.count >= 150_000 }
        return "all 150,000 handed over; a warning beyond 100,000 channels"
    },
    HostileCase(name: "long-ids") {
        // Channel and post of a megabyte each: handed over, not kept.
        let long = String(repeating: "x", count: 1_000_000)
        let counter = Counter()
        let stage = try await Stage(
            HostileScript(
                socket: .made {
                    let number = counter.next()
                    return number > 200
                        ? [] : Frames.posted("\(number)\(long)", channel: "\(number)\(long)", sequence: number)
                }))
        let connection = await stage.connect()
        let taken = take(connection)
        await connection.start()
        try await stage.until("all events") { taken.count >= 200 }
        return "all 200 handed over, nothing of them kept"
    },
    HostileCase(name: "events-while-catch-up-hangs") {
        // The channel's pages never come, and its events never end: what waits for them is bounded, the reading stops.
        let counter = Counter()
        let stage = try await Stage(
            HostileScript(
                answer: { $0.contains("/posts") ? .silence : nil },
                socket: .made {
                    Array((0..<100).map { _ in counter.next() }.map { Frames.posted("p\($0)", sequence: $0) }.joined())
                }))
        let connection = await stage.connect()
        let taken = take(connection)
        await connection.start()
        try await again(stage, connection)
        _ = try await stage.line("reading is paused")
        try await stage.standstill()
        return
            "reading paused; the server stands still after \(stage.server.written >> 20) MB; \(taken.count) handed over"
    },
    HostileCase(name: "gap-with-every-event") {
        // A reason to catch up with every event: the server is not asked with every event.
        let counter = Counter()
        let stage = try await Stage(
            HostileScript(
                socket: .made {
                    guard counter.current < 60_000 else { return [] }
                    return Array(
                        (0..<50).map { _ in
                            Frames.text(#"{"event":"typing","data":{},"broadcast":{},"seq":\#(counter.next() * 2)}"#)
                        }.joined())
                }))
        let connection = await stage.connect()
        let begun = Date()
        let taken = take(connection)
        await connection.start()
        try await stage.until("60,000 events", within: 120) { taken.count >= 60_000 }
        let requests = stage.server.requests
        let allowed = Int(Date().timeIntervalSince(begun) * 10 * 3) + 20
        try require(requests <= allowed, "\(requests) requests, \(allowed) are thought enough")
        return "all 60,000 handed over; \(requests) requests"
    },
    HostileCase(name: "page-repeats") {
        // 200 posts, again and again, whatever is asked.
        let page = PageText.page(200, from: Frames.now + 1, step: 1, since: nil)
        let stage = try await caughtUp(page: { request in request.contains("since=") ? PageText.empty : page })
        return try await stage.line("the same page of posts again")
    },
    HostileCase(name: "latest-pages-never-end") {
        // Each page older than the one before, for ever; none is what is looked for.
        let counter = Counter()
        let stage = try await caughtUp(page: { request in
            if request.contains("since=") || request.contains("after=") { return PageText.empty }
            return PageText.page(200, from: Frames.now + 3_000_000_000 - counter.next() * 200, step: 1, since: nil)
        })
        return try await stage.line("pages of posts do not end", within: 240)
    },
    HostileCase(name: "since-always-full") {
        // A thousand old deleted posts, whose changes are always a little later than asked for.
        let stage = try await caughtUp(page: { request in
            guard let range = request.range(of: "since=") else { return PageText.empty }
            let since = Int64(request[range.upperBound...].prefix { $0.isNumber }) ?? 0
            return PageText.page(1000, from: 1000, step: 0, since: since)
        })
        return try await stage.line("pages of posts do not end", within: 240)
    },
    HostileCase(name: "long-names") {
        // Names of ten megabytes, of whoever was asked for and of many more.
        let long = String(repeating: "n", count: 100_000)
        let users = (0..<100).map { #"{"id":"u\#($0)","username":"\#(long)"}"# }.joined(separator: ",").inBrackets
        let page = PageText.page(100, from: Frames.now + 1, step: 1, since: nil)
        let stage = try await caughtUp(
            page: { request in request.contains("since=") ? PageText.empty : page }, users: users)
        return try await stage.line("caught up: 1 channels")
    },
]

extension String {
    fileprivate var inBrackets: String { "[\(self)]" }
}

enum PageText {
    static let empty = #"{"order":[],"posts":{}}"#

    /// Posts from the newest to the oldest.
    ///
    /// - Parameter since: their changes are just after this; nil for posts that never changed.
    static func page(_ count: Int64, from time: Int64, step: Int64, since: Int64?) -> String {
        let ids = (0..<count).map { "p\(time + $0 * step)-\($0)" }.reversed()
        let posts = (0..<count).reversed().map { index in
            let made = time + index * step
            return #"{"id":"p\#(made)-\#(index)","create_at":\#(made),"update_at":\#(since.map { $0 + 1 } ?? made),"#
                + #""delete_at":\#(since == nil ? 0 : 1),"user_id":"u","channel_id":"c","message":"m"}"#
        }
        let members = zip(ids, posts).map { "\"\($0)\":\($1)" }.joined(separator: ",")
        return #"{"order":[\#(ids.map { "\"\($0)\"" }.joined(separator: ","))],"posts":{\#(members)}}"#
    }
}

/// Counts what it takes, and acknowledges it.
private final class Taken: Sendable {
    private let value = Lock(0)
    var count: Int { value.withLock { $0 } }
    func note() { value.withLock { $0 += 1 } }
}

private func take(_ connection: Connection<MattermostService>) -> Taken {
    let taken = Taken()
    Task {
        for try await delivery in connection.deliveries {
            _ = try? delivery.content
            try await delivery.acknowledge()
            if delivery.event.kind != .hello { taken.note() }
        }
    }
    return taken
}

/// The first catch-up only notes where deliveries begin; after a second connection the channels are really caught up.
private func again(_ stage: Stage, _ connection: Connection<MattermostService>) async throws {
    _ = try await stage.line("caught up: ")
    await connection.reconnect()
}

/// A connection that catches up with one channel, whose posts are answered so.
private func caughtUp(
    page: @escaping @Sendable (String) -> String, users: String = "[]"
) async throws -> Stage {
    let isSecond = Counter()
    let stage = try await Stage(
        HostileScript(answer: { request in
            if request.contains("/posts?") { return .json(page(String(request.prefix { $0 != "\r\n" }))) }
            if request.contains("/users/ids") { return .json(users) }
            guard request.contains("/users/me/channels") else { return nil }
            // The second time there is something new.
            let time = isSecond.next() == 1 ? Frames.now : Frames.now + 4_000_000_000
            return .json(#"[{"id":"c","type":"O","name":"c","last_post_at":\#(time)}]"#)
        }))
    let connection = await stage.connect { $0.backoff.initial = .milliseconds(10) }
    _ = take(connection)
    await connection.start()
    _ = try await stage.line("caught up: 0 channels")
    await connection.reconnect()
    _ = try await stage.line("catching up with 1 channels: a new connection (attempt 2)")
    return stage
}
