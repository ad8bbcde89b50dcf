internal import CCurl
internal import CLibuv

/// Watches one of libcurl's sockets. Loop-confined.
final class HTTPSocketPoll {
    private let handle = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)
    private let ready: (Int32) -> Void
    private var isClosed = false

    init(loop: EventLoop, socket: curl_socket_t, ready: @escaping (Int32) -> Void) {
        self.ready = ready
        uv_poll_init_socket(loop.uv, handle, socket)
        // Balanced in the close callback.
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    func watch(reading: Bool, writing: Bool) {
        guard !isClosed else { return }
        let events = (reading ? UV_READABLE.rawValue : 0) | (writing ? UV_WRITABLE.rawValue : 0)
        uv_poll_start(handle, Int32(events)) { handle, status, events in
            guard let data = handle?.pointee.data else { return }
            var flags: Int32 = status < 0 ? CURL_CSELECT_ERR : 0
            if events & Int32(UV_READABLE.rawValue) != 0 { flags |= CURL_CSELECT_IN }
            if events & Int32(UV_WRITABLE.rawValue) != 0 { flags |= CURL_CSELECT_OUT }
            Unmanaged<HTTPSocketPoll>.fromOpaque(data).takeUnretainedValue().ready(flags)
        }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        uv_poll_stop(handle)
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let handle, let data = handle.pointee.data else { return }
            UnsafeMutableRawPointer(handle).deallocate()
            Unmanaged<HTTPSocketPoll>.fromOpaque(data).release()
        }
    }
}
