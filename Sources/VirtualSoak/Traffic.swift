import ConnectionLifecycle
import Foundation
import Holdfast
import MattermostSimulator
import SimulatedWorld

/// Colleagues who write: posts, replies, edits, deletions, reactions. Each post is changed at most once in each way, so that
/// nothing coalesces but what the engine says it does.
struct Traffic {
    private struct Recent {
        var id: String
        var isReply = false
        var isRoot = false
        var isChanged = false
    }

    private static let kept = 40

    private let simulator: Simulator
    private let town: Town
    private let host: SimulatedHost
    private var random: SeededGenerator
    private var recent: [[Recent]]
    private var number = 0

    init(_ simulator: Simulator, _ town: Town, on host: SimulatedHost, seed: UInt64) {
        self.simulator = simulator
        self.town = town
        self.host = host
        random = SeededGenerator(seed: seed)
        recent = Array(repeating: [], count: town.channels.count)
    }

    /// Until `isOver` says so.
    mutating func run(postsPerHour: Double, while isOn: () -> Bool) async {
        let mean = 3600 / (postsPerHour * Double(town.channels.count))
        var sweptAt = host.now
        while true {
            let gap = min(-log(Double.random(in: 0.0001..<1, using: &random)) * mean, 600)
            try? await host.sleep(for: .seconds(gap))
            guard isOn() else { return }
            await work()
            if host.now.nanoseconds(since: sweptAt) > 600_000_000_000 {
                sweptAt = host.now
                await simulator.forgetPosts(olderThan: .seconds(7200), keeping: 300)
            }
        }
    }

    /// So many posts, one in each millisecond: who reads takes them, who does not is sent more than the server keeps.
    static func burst(
        _ count: Int, _ simulator: Simulator, _ town: Town, channel: Int, on host: SimulatedHost
    ) async {
        for index in 0..<count {
            try? await host.sleep(for: .milliseconds(1))
            await simulator.post(
                "one of many, \(index)", channelID: town.channels[channel].id, userID: town.fixture.userID)
        }
    }

    private mutating func work() async {
        let channel = Int.random(in: 0..<town.channels.count, using: &random)
        number += 1
        if Double.random(in: 0..<1, using: &random) < 0.15,
            let root = pick(channel, where: { !$0.isReply && !$0.isChanged })
        {
            recent[channel][root].isRoot = true
            let body =
                #"{"channel_id":"\#(town.channels[channel].id)","root_id":"\#(recent[channel][root].id)","message":"reply \#(number)"}"#
            _ = await call("POST", "/posts", body)
        } else if let id = await simulator.post(
            "number \(number)", channelID: town.channels[channel].id, userID: town.fixture.userID)
        {
            recent[channel].append(Recent(id: id))
            if recent[channel].count > Traffic.kept { recent[channel].removeFirst() }
        }
        let chance = Double.random(in: 0..<1, using: &random)
        let place = Int.random(in: 0..<town.channels.count, using: &random)
        if chance < 0.15, let index = pick(place, where: { !$0.isChanged }) {
            recent[place][index].isChanged = true
            await call("PUT", "/posts/\(recent[place][index].id)/patch", #"{"message":"edited \#(number)"}"#)
        } else if chance < 0.25, let index = pick(place, where: { !$0.isChanged && !$0.isRoot }) {
            recent[place][index].isChanged = true
            await call("DELETE", "/posts/\(recent[place][index].id)", "")
        } else if chance < 0.35, let index = pick(place, where: { !$0.isChanged }) {
            recent[place][index].isChanged = true
            await call(
                "POST", "/reactions",
                #"{"user_id":"\#(town.fixture.userID)","post_id":"\#(recent[place][index].id)","emoji_name":"wave"}"#)
        }
    }

    private mutating func pick(_ channel: Int, where isWanted: (Recent) -> Bool) -> Int? {
        let wanted = recent[channel].indices.filter { isWanted(recent[channel][$0]) }
        return wanted.isEmpty ? nil : wanted[Int.random(in: 0..<wanted.count, using: &random)]
    }

    /// The server may refuse, as it does while its database is down: then nothing was done.
    @discardableResult
    private func call(_ method: String, _ path: String, _ body: String) async -> Bool {
        let status = await simulator.perform(method, "/api/v4\(path)", token: town.fixture.userToken, body: body).status
        return (200...299).contains(status)
    }
}
