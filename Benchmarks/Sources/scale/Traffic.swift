import MattermostSimulator
import UVEventLoop
import WorldInterface

/// The account that posts: into one channel after the other, each post with its number in that channel.
actor Traffic {
    private let simulator: Simulator
    private let town: Town
    private let loop: EventLoop
    private var rate = 0.0
    /// By channel.
    private var counts: [Int]
    private var next = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ simulator: Simulator, _ town: Town, _ loop: EventLoop) {
        self.simulator = simulator
        self.town = town
        self.loop = loop
        counts = Array(repeating: 0, count: town.channels.count)
    }

    /// Returns what was posted so far.
    func set(_ rate: Double) -> [Int] {
        self.rate = rate
        return counts
    }

    /// Until the task is cancelled.
    func run() async {
        var due = loop.now
        while !Task.isCancelled {
            // Without traffic it looks now and then whether there is to be some.
            due = due + (rate > 0 ? .seconds(1 / rate) : .milliseconds(20))
            // Too slow for the rate: what was missed is not made up for.
            if due + .seconds(1) < loop.now { due = loop.now }
            let left = Int64(clamping: due.nanoseconds(since: loop.now))
            if left > 0 {
                do { try await loop.sleep(for: .nanoseconds(left)) } catch { return }
            }
            if rate > 0 { await post() }
        }
    }

    private func post() async {
        let channel = next
        next = (next + 1) % town.channels.count
        counts[channel] += 1
        _ = await simulator.post(
            "post \(counts[channel])", channelID: town.channels[channel], userID: town.fixture.userID)
    }
}
