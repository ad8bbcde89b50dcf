internal import CLibuv
import WorldInterface

/// A watch on one POSIX signal; see `EventLoop.onSignal`. Loop-confined.
public final class SignalWatch {
    private let handle: UnsafeMutablePointer<uv_signal_t>
    private var handler: (() -> Void)?

    init(loop: EventLoop, signal: Int32, handler: @escaping () -> Void) throws(NetworkError) {
        handle = .allocate(capacity: 1)
        self.handler = handler
        uv_signal_init(loop.uv, handle)
        UnsafeMutablePointer<uv_handle_t>(handle).own(self)
        uv_unref(.init(handle))
        let code = uv_signal_start(
            handle,
            { handle, _ in
                guard let handle else { return }
                UnsafeMutablePointer<uv_handle_t>(handle).owner(as: SignalWatch.self)?.handler?()
            }, signal)
        guard code == 0 else {
            close()
            throw NetworkError(uv: code, "cannot watch signal \(signal)")
        }
    }

    deinit { handle.deallocate() }

    /// Ends the watch; without another one the signal has its default effect again. Idempotent.
    public func close() {
        guard handler != nil else { return }
        handler = nil
        guard !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else { return }
        uv_close(.init(handle)) { handle in _ = handle?.takeOwner(as: SignalWatch.self) }
    }
}
