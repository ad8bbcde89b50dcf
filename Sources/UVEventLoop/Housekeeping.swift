import CLibuv
import WorldInterface

/// The loop's own handles: wake-up, and the places in a turn where jobs run.
///
/// Jobs run before the poll (prepare) and after it (check). When some are left over, an idle handle keeps the poll
/// from blocking.
final class Housekeeping {
    static let handleCount = 4

    private unowned let loop: EventLoop
    private let inbox: Inbox
    private let wake: UnsafeMutablePointer<uv_poll_t>
    private let prepare: UnsafeMutablePointer<uv_prepare_t>
    private let check: UnsafeMutablePointer<uv_check_t>
    private let idle: UnsafeMutablePointer<uv_idle_t>
    private var isIdleRunning = false

    init(loop: EventLoop, inbox: Inbox) throws(NetworkError) {
        self.loop = loop
        self.inbox = inbox
        wake = .allocate(capacity: 1)
        prepare = .allocate(capacity: 1)
        check = .allocate(capacity: 1)
        idle = .allocate(capacity: 1)
        try UVEventLoop.check(uv_poll_init(loop.uvLoop, wake, inbox.readDescriptor), "watch the wake-up descriptor")
        uv_prepare_init(loop.uvLoop, prepare)
        uv_check_init(loop.uvLoop, check)
        uv_idle_init(loop.uvLoop, idle)
        let context = Unmanaged.passUnretained(self).toOpaque()
        wake.pointee.data = context
        prepare.pointee.data = context
        check.pointee.data = context
        uv_poll_start(wake, Int32(UV_READABLE.rawValue)) { handle, _, _ in
            guard let handle else { return }
            Housekeeping.of(handle.pointee.data)?.inbox.acknowledge()
        }
        uv_prepare_start(prepare) { handle in
            guard let handle else { return }
            Housekeeping.of(handle.pointee.data)?.loop.drain()
        }
        uv_check_start(check) { handle in
            guard let handle else { return }
            Housekeeping.of(handle.pointee.data)?.loop.drain()
        }
        uv_unref(UnsafeMutableRawPointer(prepare).assumingMemoryBound(to: uv_handle_t.self))
        uv_unref(UnsafeMutableRawPointer(check).assumingMemoryBound(to: uv_handle_t.self))
    }

    private static func of(_ data: UnsafeMutableRawPointer?) -> Housekeeping? {
        data.map { Unmanaged<Housekeeping>.fromOpaque($0).takeUnretainedValue() }
    }

    /// A hosted loop must end when the host's own work does.
    func doNotKeepAlive() { uv_unref(UnsafeMutableRawPointer(wake).assumingMemoryBound(to: uv_handle_t.self)) }

    func keepTurning() {
        guard !isIdleRunning else { return }
        isIdleRunning = true
        uv_idle_start(idle) { _ in }
    }

    func rest() {
        guard isIdleRunning else { return }
        isIdleRunning = false
        uv_idle_stop(idle)
    }

    func close() {
        for handle in [
            UnsafeMutableRawPointer(wake), UnsafeMutableRawPointer(prepare), UnsafeMutableRawPointer(check),
            UnsafeMutableRawPointer(idle),
        ] {
            uv_close(handle.assumingMemoryBound(to: uv_handle_t.self)) { handle in
                UnsafeMutableRawPointer(handle)?.deallocate()
            }
        }
    }
}
