import Foundation
import UVEventLoop
import WorldInterface

/// Waits for what ends a long command: a signal, or the time that was given. Belongs to the loop.
actor Ending {
    enum Reason: Equatable {
        case signal
        case duration
        /// Nothing is left to wait for.
        case finished
    }

    private let loop: EventLoop
    private let late: ExitStatus
    private var watches: [SignalWatch] = []
    private var timers: [any DeadlineTimer] = []
    private var reason: Reason?
    private var waiter: CheckedContinuation<Reason, Never>?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let grace: Duration

    /// - Parameters:
    ///   - grace: how long after a signal the process may take to end by itself.
    ///   - late: the status when it took longer.
    init(on loop: EventLoop, grace: Duration = .milliseconds(4500), late: ExitStatus = .success) {
        self.loop = loop
        self.grace = grace
        self.late = late
    }

    /// Watches SIGINT and SIGTERM, and ends by itself after `duration`.
    func begin(duration: Duration?) throws(NetworkError) {
        for signal in [SIGINT, SIGTERM] {
            watches.append(try loop.onSignal(signal) { [self] in assumeIsolated { $0.signalled() } })
        }
        if let duration { after(duration) { [self] in assumeIsolated { $0.end(.duration) } } }
    }

    func wait() async -> Reason {
        await withCheckedContinuation { waiter in
            // Asked here, after the last change of executors.
            if let reason { waiter.resume(returning: reason) } else { self.waiter = waiter }
        }
    }

    func finish() { end(.finished) }

    /// Gives the signals their default effect back and leaves the loop.
    func close() {
        for watch in watches { watch.close() }
        for timer in timers { timer.close() }
        watches = []
        timers = []
    }

    private func signalled() {
        // Whoever asks twice does not want to wait.
        if reason == .signal { exitNow(.interrupted) }
        // A reader that does not read our last lines must not hold the process.
        after(grace) { [late] in exitNow(late) }
        end(.signal)
    }

    private func end(_ reason: Reason) {
        guard self.reason == nil || reason == .signal else { return }
        self.reason = reason
        waiter?.resume(returning: reason)
        waiter = nil
    }

    private func after(_ delay: Duration, _ action: @escaping () -> Void) {
        let timer = loop.makeTimer(action)
        timers.append(timer)
        timer.arm(at: loop.now + delay)
    }
}

extension EventLoop {
    /// A loop of its own, or a complaint.
    static func started(_ name: String) throws(Complaint) -> EventLoop {
        do throws(NetworkError) {
            return try start(name: name)
        } catch {
            throw Complaint(error.message, status: .unavailable)
        }
    }

    /// Stops a loop on which nothing should be left.
    func finish() {
        do throws(LeakedHandles) {
            try stop()
        } catch {
            StandardError.complain("holdfast", "\(error); please report this")
        }
    }
}
