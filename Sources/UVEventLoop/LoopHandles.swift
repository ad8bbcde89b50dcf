internal import CLibuv
import WorldInterface

/// The loop's own handles: two hooks around the poll that run jobs, a watch on the wake-up, an idle that keeps the poll from
/// blocking while jobs are left over, and the timer of its `TimerQueue`. Retain the loop while they are open.
final class LoopHandles {
    private let prepare = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
    private let check = UnsafeMutablePointer<uv_check_t>.allocate(capacity: 1)
    private let idle = UnsafeMutablePointer<uv_idle_t>.allocate(capacity: 1)
    private let poll = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)
    private var opened: [UnsafeMutablePointer<uv_handle_t>] = []

    deinit {
        prepare.deallocate()
        check.deallocate()
        idle.deallocate()
        poll.deallocate()
    }

    func open(on loop: EventLoop, keepLoopAlive: Bool) throws(NetworkError) {
        let code = uv_poll_init(loop.uv, poll, loop.inbox.wakeUp.reading)
        guard code == 0 else { throw NetworkError(uv: code, "cannot watch the wake-up descriptor") }
        uv_prepare_init(loop.uv, prepare)
        uv_check_init(loop.uv, check)
        uv_idle_init(loop.uv, idle)
        uv_timer_init(loop.uv, loop.timers.handle)
        opened = [.init(poll), .init(prepare), .init(check), .init(idle), .init(loop.timers.handle)]
        for handle in opened { handle.own(loop) }
        uv_poll_start(poll, Int32(UV_READABLE.rawValue)) { poll, _, _ in
            guard let poll else { return }
            UnsafeMutablePointer<uv_handle_t>(poll).owner(as: EventLoop.self)?.inbox.wakeUp.clear()
        }
        uv_prepare_start(prepare) { prepare in
            guard let prepare else { return }
            UnsafeMutablePointer<uv_handle_t>(prepare).owner(as: EventLoop.self)?.runJobs()
        }
        uv_check_start(check) { check in
            guard let check else { return }
            UnsafeMutablePointer<uv_handle_t>(check).owner(as: EventLoop.self)?.runJobs()
        }
        uv_unref(.init(prepare))
        uv_unref(.init(check))
        self.keepLoopAlive(keepLoopAlive)
    }

    func close() {
        for handle in opened where !handle.isClosing {
            uv_close(handle) { handle in _ = handle?.takeOwner(as: EventLoop.self) }
        }
    }

    func contains(_ handle: UnsafeMutablePointer<uv_handle_t>) -> Bool { opened.contains(handle) }

    func keepLoopAlive(_ keeps: Bool) {
        keeps ? uv_ref(.init(poll)) : uv_unref(.init(poll))
    }

    /// While true the loop polls without blocking, and a host's `uv_run` does not return.
    func setBusy(_ busy: Bool) {
        guard !UnsafeMutablePointer<uv_handle_t>(idle).isClosing else { return }
        if busy { uv_idle_start(idle) { _ in } } else { uv_idle_stop(idle) }
    }
}
