internal import CLibuv
import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A descriptor that other threads make readable to wake the loop: an eventfd on Linux, elsewhere a pipe.
/// (`uv_async_send` of libuv 1.44 spins and costs five times as much.) Usable from any thread.
struct WakeUp: Sendable {
    /// What the loop watches.
    let reading: Int32
    private let writing: Int32

    init() throws(NetworkError) {
        #if os(Linux)
            let descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
            guard descriptor >= 0 else { throw NetworkError(uv: -errno, "cannot create an eventfd") }
            (reading, writing) = (descriptor, descriptor)
        #else
            var ends: (uv_file, uv_file) = (-1, -1)
            let flags = Int32(UV_NONBLOCK_PIPE.rawValue)
            let code = withUnsafeMutablePointer(to: &ends) {
                $0.withMemoryRebound(to: uv_file.self, capacity: 2) { uv_pipe($0, flags, flags) }
            }
            guard code == 0 else { throw NetworkError(uv: code, "cannot create a pipe") }
            (reading, writing) = ends
        #endif
    }

    /// A full pipe or counter is readable already, so a failed write needs no answer.
    func signal() {
        var one: UInt64 = 1
        while write(writing, &one, 8) < 0 && errno == EINTR {}
    }

    func clear() {
        var count: UInt64 = 0
        while read(reading, &count, 8) < 0 && errno == EINTR {}
    }

    func close() {
        closeDescriptor(reading)
        if writing != reading { closeDescriptor(writing) }
    }

    private func closeDescriptor(_ descriptor: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #elseif canImport(Darwin)
            _ = Darwin.close(descriptor)
        #endif
    }
}
