internal import CLibuv

/// Each libuv handle of this module is closed through here. Its Swift owner is retained by `data` from `own` until
/// the close callback, so the memory that libuv knows outlives libuv's interest in it.
extension UnsafeMutablePointer<uv_handle_t> {
    init<Handle>(_ handle: UnsafeMutablePointer<Handle>) {
        self = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
    }

    var isClosing: Bool { uv_is_closing(self) != 0 }

    /// "tcp", "timer" and so on.
    var typeName: String { String(cString: uv_handle_type_name(pointee.type)) }

    /// Retains `owner` until `takeOwner`.
    func own(_ owner: AnyObject) {
        pointee.data = Unmanaged.passRetained(owner).toOpaque()
    }

    /// The owner, for a callback. Only for handles that `own` was called on.
    func owner<Owner: AnyObject>(as type: Owner.Type) -> Owner? {
        pointee.data.map { Unmanaged<Owner>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Ends the retain of `own`: once, in the close callback.
    func takeOwner<Owner: AnyObject>(as type: Owner.Type) -> Owner? {
        // The handle lies in its owner's memory: once the owner may be gone, nothing is written to it any more.
        let data = pointee.data
        pointee.data = nil
        return data.map { Unmanaged<Owner>.fromOpaque($0).takeRetainedValue() }
    }
}

extension UnsafeMutablePointer<uv_stream_t> {
    init(_ handle: UnsafeMutablePointer<uv_tcp_t>) {
        self = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
    }
}
