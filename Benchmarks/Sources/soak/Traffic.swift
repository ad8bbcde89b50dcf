import Foundation
import MattermostSimulator
import SoakKit
import UVEventLoop
import WorldInterface

/// The account that writes: posts at a steady rate with some jitter, a fifth of them replies, and behind each, with a chance of
/// 15, 10 and 10 %, the edit, the deletion, or a reaction to one of its channel's last 40 posts. Each post is changed at most
/// once, and what was replied to is not deleted, so that what everybody must get is exactly known.
///
/// It works through the server's API but beside the network, like somebody connected to another node: what stops the bots
/// does not stop it, but for a database that is down.
actor Traffic {
    private struct Recent {
        var id: String
        var isChanged = false
        var isRoot = false
        var isReply: Bool
    }

    private let simulator: Simulator
    private let town: Town
    private let loop: EventLoop
    private let rate: Double
    private var random: Random
    private var recent: [[Recent]]
    private var isOn = false
    private var number = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private static let kept = 40

    init(_ simulator: Simulator, _ town: Town, _ loop: EventLoop, rate: Double, seed: UInt64) {
        self.simulator = simulator
        self.town = town
        self.loop = loop
        self.rate = rate
        random = Random(seed: seed &+ 0x7261_6666_6963)
        recent = Array(repeating: [], count: town.channels.count)
    }

    func set(_ isOn: Bool) { self.isOn = isOn }

    /// Until the task is cancelled.
    func run() async {
        var next = loop.now
        var tidied = loop.now
        while !Task.isCancelled {
            next = next + .seconds(random.real(in: 0.5...1.5) / rate)
            let left = next.nanoseconds(since: loop.now)
            if left > 0 {
                do { try await loop.sleep(for: .nanoseconds(Int64(clamping: left))) } catch { return }
            } else {
                // Too slow for the rate: what was missed is not made up for.
                next = loop.now
            }
            if isOn { await work() }
            if loop.now.nanoseconds(since: tidied) > 30_000_000_000 {
                tidied = loop.now
                await simulator.forgetPosts(olderThan: .seconds(600), keeping: 300)
            }
        }
    }

    private func work() async {
        let channel = random.below(town.channels.count)
        let isReply = random.unit() < 0.2
        var rootID = ""
        if isReply, let root = pick(channel, where: { !$0.isReply && !$0.isChanged }) {
            recent[channel][root].isRoot = true
            rootID = recent[channel][root].id
        }
        number += 1
        let body =
            #"{"channel_id":"\#(town.channels[channel].id)","root_id":"\#(rootID)","message":"number \#(number) of the soak"}"#
        if let id = await call("POST", "/posts", body)?["id"] as? String {
            recent[channel].append(Recent(id: id, isReply: !rootID.isEmpty))
            if recent[channel].count > Traffic.kept { recent[channel].removeFirst() }
        }
        let chance = random.unit()
        let place = random.below(town.channels.count)
        if chance < 0.15, let index = pick(place, where: { !$0.isChanged }) {
            recent[place][index].isChanged = true
            _ = await call("PUT", "/posts/\(recent[place][index].id)/patch", #"{"message":"edited \#(number)"}"#)
        } else if chance < 0.25, let index = pick(place, where: { !$0.isChanged && !$0.isRoot }) {
            recent[place][index].isChanged = true
            _ = await call("DELETE", "/posts/\(recent[place][index].id)", "")
        } else if chance < 0.35, let index = pick(place, where: { !$0.isChanged }) {
            recent[place][index].isChanged = true
            let id = recent[place][index].id
            _ = await call(
                "POST", "/reactions",
                #"{"user_id":"\#(town.fixture.userID)","post_id":"\#(id)","emoji_name":"wave"}"#)
        }
    }

    private func pick(_ channel: Int, where isWanted: (Recent) -> Bool) -> Int? {
        let wanted = recent[channel].indices.filter { isWanted(recent[channel][$0]) }
        return wanted.isEmpty ? nil : wanted[random.below(wanted.count)]
    }

    /// Nil when the server refuses, as it does while its database is down: then nothing was done.
    private func call(_ method: String, _ path: String, _ body: String) async -> [String: Any]? {
        let response = await simulator.perform(
            method, "/api/v4\(path)", token: town.fixture.userToken, body: body)
        guard (200...299).contains(response.status) else { return nil }
        return try? JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
    }
}
