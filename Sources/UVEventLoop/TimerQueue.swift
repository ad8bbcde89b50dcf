internal import CLibuv

/// All timers of a loop over one `uv_timer`: a heap by the time at which each is to be looked at. An idle connection has one
/// deadline, and there are many of them: timer and entry need 72 bytes, a `uv_timer` of its own 160 more. Loop-confined.
final class TimerQueue {
    /// The time stands beside the timer, so that finding a place reads the heap alone, and not all that it passes.
    struct Entry {
        /// When the queue will call, in libuv's milliseconds; not after the timer is due.
        var time: UInt64
        let timer: LoopTimer
    }

    /// Children of a place in the heap. They are neighbours in memory, and four are fewer levels than two.
    static let arity = 4

    let handle = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
    private let uv: UnsafeMutablePointer<uv_loop_t>
    /// The first of it is due first.
    var heap: [Entry] = []
    /// Timers that have not been closed, armed or not.
    var openCount = 0
    /// When libuv will call; `.max` while it is stopped.
    private var scheduled = UInt64.max

    init(_ uv: UnsafeMutablePointer<uv_loop_t>) { self.uv = uv }

    deinit { handle.deallocate() }

    /// libuv's clock in milliseconds.
    var now: UInt64 { uv_now(uv) }

    /// Has libuv call when the first is due.
    func reschedule() {
        let due = heap.first?.time ?? .max
        guard due != scheduled, !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else { return }
        scheduled = due
        guard due != .max else {
            uv_timer_stop(handle)
            return
        }
        uv_timer_start(
            handle,
            { handle in
                guard let handle else { return }
                UnsafeMutablePointer<uv_handle_t>(handle).owner(as: EventLoop.self)?.timers.rang()
            }, due > now ? due - now : 0, 0)
    }

    private func rang() {
        scheduled = .max
        ring()
    }
}
