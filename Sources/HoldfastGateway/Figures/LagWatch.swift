internal import WorldInterface

/// Measures how late the timers of a loop are, twice a second. Belongs to the loop.
actor LagWatch {
    private static let interval = Duration.milliseconds(500)

    private let loop: GatewayLoop
    private var timer: (any DeadlineTimer)?
    private var due = Instant(nanoseconds: 0)

    nonisolated let unownedExecutor: UnownedSerialExecutor

    init(_ loop: GatewayLoop) {
        self.loop = loop
        unownedExecutor = loop.world.executor.asUnownedSerialExecutor()
    }

    func begin() {
        guard timer == nil else { return }
        timer = loop.world.makeTimer { [self] in assumeIsolated { $0.passed() } }
        arm()
    }

    func end() {
        timer?.close()
        timer = nil
    }

    private func arm() {
        due = loop.world.now + Self.interval
        timer?.arm(at: due)
    }

    private func passed() {
        let lag = Double(loop.world.now.nanoseconds(since: due)) / 1e9
        loop.count { $0.loopLag.note(seconds: lag) }
        arm()
    }
}
