internal import CLibuv
import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension TCPLiveness {
    /// Sets the options on a TCP socket. A system that lacks one goes by its own.
    func apply(to descriptor: Int32) {
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        #if canImport(Darwin)
            set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPALIVE, seconds(idle))
        #else
            set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, seconds(idle))
            set(
                descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT,
                Int32(clamping: userTimeout.wholeNanoseconds / 1_000_000))
        #endif
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, seconds(interval))
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, Int32(clamping: max(1, count)))
    }

    /// At least one: zero would be refused.
    private func seconds(_ duration: Duration) -> Int32 {
        max(1, Int32(clamping: duration.wholeNanoseconds / 1_000_000_000))
    }

    private func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
