internal import CLibuv
import WorldInterface

/// One deadline over one `uv_timer`. Loop-confined.
///
/// libuv counts in milliseconds of its own clock, which lags behind `EventLoop.now`; the instant is rounded *up* on
/// that clock, so the timer never fires before its instant and at most about a millisecond after it (plus what the loop
/// is busy with). An instant that is a second or more away is rounded up to the next hundredth of a second: the deadlines of
/// many idle connections then share their wake-ups.
///
/// Moving an armed deadline later — what a busy connection does for every message — only writes a field; the timer
/// looks at it when it fires.
final class LoopTimer: DeadlineTimer {
    private let loop: EventLoop
    private let handle: UnsafeMutablePointer<uv_timer_t>
    private var fire: (() -> Void)?
    /// In libuv's milliseconds. Nil while disarmed.
    private var due: UInt64?
    /// When libuv will call; not after `due`. Nil while libuv's timer is stopped.
    private var scheduled: UInt64?

    /// Milliseconds from which on an instant is far away, and by how much it may then be late.
    private static let far: UInt64 = 1000
    private static let slack: UInt64 = 10

    init(loop: EventLoop, fire: @escaping () -> Void) {
        self.loop = loop
        self.fire = fire
        handle = .allocate(capacity: 1)
        uv_timer_init(loop.uv, handle)
        UnsafeMutablePointer<uv_handle_t>(handle).own(self)
    }

    deinit { handle.deallocate() }

    func arm(at instant: Instant) {
        guard fire != nil else { return }
        let (milliseconds, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        var due = milliseconds + (rest > 0 ? 1 : 0)
        if due >= uv_now(loop.uv) + Self.far { due = (due + Self.slack - 1) / Self.slack * Self.slack }
        self.due = due
        if let scheduled, scheduled <= due { return }
        schedule(due)
    }

    func disarm() {
        due = nil
        scheduled = nil
        guard fire != nil else { return }
        uv_timer_stop(handle)
    }

    func close() {
        guard fire != nil else { return }
        fire = nil
        due = nil
        scheduled = nil
        guard !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else { return }
        uv_close(UnsafeMutablePointer<uv_handle_t>(handle)) { handle in _ = handle?.takeOwner(as: LoopTimer.self) }
    }

    private func schedule(_ due: UInt64) {
        // At least a millisecond: with zero, a callback that arms its timer for the past would run again in the same pass
        // over libuv's timers, and input would starve.
        let time = uv_now(loop.uv)
        let delay = due > time ? due - time : 1
        scheduled = time + delay
        uv_timer_start(
            handle,
            { handle in
                guard let handle else { return }
                UnsafeMutablePointer<uv_handle_t>(handle).owner(as: LoopTimer.self)?.rang()
            }, delay, 0)
    }

    private func rang() {
        scheduled = nil
        guard let due else { return }
        if due > uv_now(loop.uv) {
            schedule(due)
        } else {
            self.due = nil
            fire?()
        }
    }
}
