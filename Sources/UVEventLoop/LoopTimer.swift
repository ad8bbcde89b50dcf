import CLibuv
import WorldInterface

/// A deadline over one `uv_timer_t`. Loop-confined.
final class LoopTimer: DeadlineTimer {
    private let handle = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
    private let loop: EventLoop
    private let fire: () -> Void
    private var isClosed = false

    init(loop: EventLoop, fire: @escaping () -> Void) {
        self.loop = loop
        self.fire = fire
        uv_timer_init(loop.uvLoop, handle)
        // Balanced in the close callback; `close` is called exactly once.
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    func arm(at instant: Instant) {
        guard !isClosed else { return }
        // Rounded up to whole milliseconds of the loop's own clock, so that it never fires early.
        let due = instant.nanoseconds / 1_000_000 + (instant.nanoseconds % 1_000_000 == 0 ? 0 : 1)
        let loopTime = uv_now(loop.uvLoop)
        uv_timer_start(
            handle,
            { handle in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<LoopTimer>.fromOpaque(data).takeUnretainedValue().fire()
            }, due > loopTime ? due - loopTime : 0, 0)
    }

    func disarm() { if !isClosed { uv_timer_stop(handle) } }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let handle, let data = handle.pointee.data else { return }
            UnsafeMutableRawPointer(handle).deallocate()
            Unmanaged<LoopTimer>.fromOpaque(data).release()
        }
    }
}
