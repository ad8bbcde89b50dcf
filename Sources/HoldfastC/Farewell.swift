internal import CLibuv

/// Tells when all handles that were closed in this turn of a loop have had their close callbacks. libuv calls those of one turn
/// in the reverse order, so a handle of its own that is closed in the next turn comes behind them all.
final class Farewell {
    private let handle = UnsafeMutablePointer<uv_idle_t>.allocate(capacity: 1)
    private let completion: () -> Void
    private var isSecond = false

    private init(_ completion: @escaping () -> Void) { self.completion = completion }

    deinit { handle.deallocate() }

    /// On the loop's thread, in the turn in which the others are closed. `completion` runs on the loop.
    static func begin(on loop: UnsafeMutableRawPointer, _ completion: @escaping () -> Void) {
        Farewell(completion).close(on: loop.assumingMemoryBound(to: uv_loop_t.self))
    }

    private func close(on loop: UnsafeMutablePointer<uv_loop_t>) {
        uv_idle_init(loop, handle)
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) { handle in
            uv_close(handle) { handle in
                guard let handle, let data = handle.pointee.data, let loop = handle.pointee.loop else { return }
                Unmanaged<Farewell>.fromOpaque(data).takeRetainedValue().closed(loop)
            }
        }
    }

    private func closed(_ loop: UnsafeMutablePointer<uv_loop_t>) {
        if isSecond { return completion() }
        isSecond = true
        close(on: loop)
    }
}
