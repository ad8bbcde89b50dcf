import MattermostSimulator
import ScaleKit
import UVEventLoop
import WorldInterface

/// How many attempts the simulator sees, looked at every 10 ms.
actor AttemptCounter {
    private let simulator: Simulator
    private let loop: EventLoop
    private var seen = 0
    private var rate = PeakRate()

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ simulator: Simulator, _ loop: EventLoop) {
        self.simulator = simulator
        self.loop = loop
    }

    /// Until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await look()
            do { try await loop.sleep(for: .milliseconds(10)) } catch { return }
        }
    }

    /// Those since the last call.
    func take() async -> Order.Attempts {
        await look()
        defer { rate = PeakRate() }
        return Order.Attempts(total: rate.total, peak: rate.peak)
    }

    private func look() async {
        let count = await simulator.upgradeCount
        guard count > seen else { return }
        rate.add(at: loop.now.nanoseconds, count: count - seen)
        seen = count
    }
}
