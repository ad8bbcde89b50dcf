internal import CLibuv
import WorldInterface

extension TCPStream {
    func write(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty, case .open = writeSide else { return }
        switch phase {
        case .connecting(let attempt): attempt.early.append(contentsOf: bytes)
        case .open: send(bytes)
        case .closing, .closed: break
        }
    }

    var queuedByteCount: Int {
        switch phase {
        case .connecting(let attempt): attempt.early.count
        case .open: handle.pointee.write_queue_size
        case .closing, .closed: 0
        }
    }

    func finishWriting() {
        guard case .open = writeSide else { return }
        writeSide = .finishing
        if case .open = phase { shutDown() }
    }

    /// What the kernel takes at once costs no copy; only the rest is queued. An error shows in the queued write's
    /// callback, hence never inside this call.
    func send(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        if handle.pointee.write_queue_size == 0 {
            var buffer = uv_buf_t(bytes)
            let written = uv_try_write(.init(handle), &buffer, 1)
            if written > 0 { rest = UnsafeRawBufferPointer(rebasing: bytes[Int(written)...]) }
        }
        guard !rest.isEmpty else { return }
        let request = WriteRequest.allocate(copying: rest)
        var buffer = uv_buf_t(WriteRequest.bytes(of: request, count: rest.count))
        hasBacklog = true
        let code = uv_write(request, .init(handle), &buffer, 1) { request, status in
            guard let request else { return }
            let stream = request.pointee.handle.owningStream
            WriteRequest.deallocate(request)
            stream?.didWrite(status)
        }
        if code != 0 {
            WriteRequest.deallocate(request)
            end(.failed(NetworkError(uv: code, "cannot write")))
        }
    }

    private func didWrite(_ status: Int32) {
        guard case .open = phase else { return }
        guard status == 0 else { return writingFailed(status) }
        guard hasBacklog, queuedByteCount == 0 else { return }
        hasBacklog = false
        handler?.streamDrained()
    }

    private func writingFailed(_ code: Int32) {
        if case .failed = writeSide { return }
        let error = lostConnection(code)
        writeSide = .failed(error)
        // A peer that reset the connection may have said why before: reading finds that, and then the end.
        let mayHoldLastWords = code == UV_EPIPE.rawValue || code == UV_ECONNRESET.rawValue
        if readSide != .flowing || !mayHoldLastWords { end(.failed(error)) }
    }

    func shutDown() {
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        let code = uv_shutdown(request, .init(handle)) { request, _ in
            guard let request else { return }
            let stream = request.pointee.handle.owningStream
            request.deallocate()
            stream?.didShutDown()
        }
        if code != 0 {
            // Not connected any more; the read side tells.
            request.deallocate()
            if readSide == .ended { end(.endOfStream) }
        }
    }

    private func didShutDown() {
        if case .open = phase, readSide == .ended { end(.endOfStream) }
    }
}

/// A `uv_write_t` with its bytes behind it, in one allocation.
private enum WriteRequest {
    static func allocate(copying bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<uv_write_t> {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<uv_write_t>.stride + bytes.count, alignment: MemoryLayout<uv_write_t>.alignment)
        let request = memory.bindMemory(to: uv_write_t.self, capacity: 1)
        self.bytes(of: request, count: bytes.count).copyMemory(from: bytes)
        return request
    }

    static func bytes(of request: UnsafeMutablePointer<uv_write_t>, count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(request) + MemoryLayout<uv_write_t>.stride, count: count)
    }

    static func deallocate(_ request: UnsafeMutablePointer<uv_write_t>) {
        UnsafeMutableRawPointer(request).deallocate()
    }
}

extension uv_buf_t {
    /// For writing: libuv does not change the bytes.
    fileprivate init(_ bytes: UnsafeRawBufferPointer) {
        self.init(UnsafeMutableRawBufferPointer(mutating: bytes))
    }

    fileprivate init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.init(base: bytes.baseAddress?.assumingMemoryBound(to: CChar.self), len: bytes.count)
    }
}
