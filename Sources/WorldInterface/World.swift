/// The seam between Holdfast's actors and the outside: executor, clock, deadline, byte stream, listener, HTTP.
///
/// libuv implements it (`UVEventLoop`); a simulated world may implement it as well and run the same actors in virtual
/// time from one seed. Nothing above this module may reach around it: no `Task.sleep`, no `Date()`, no global random
/// generator. This module imports nothing and must never know libuv, TLS or chat servers.
///
/// Isolation: `now`, `wallClockMilliseconds` and `executor` may be used from any thread. Everything else, and every
/// object that is handed out, belongs to the loop: call it only from code that runs on `executor`.
public protocol World: AnyObject, Sendable {
    /// The executor on which all actors of this world run. An actor that lives here returns it from
    /// `unownedExecutor`, and every task that lives here is created with `Task(executorPreference: world.executor)`.
    var executor: any LoopExecutor { get }

    /// Monotonic time. Never goes back; its zero has no meaning.
    var now: Instant { get }

    /// Milliseconds since 1970 (UTC), for people and logs only. May jump; no logic may depend on it.
    var wallClockMilliseconds: Int64 { get }

    /// A fresh seed for a generator. From the system in the real world, from the run's seed in a simulated one.
    func makeSeed() -> UInt64

    /// A timer that is not armed. It must be closed (`DeadlineTimer.close`) before it is dropped.
    func makeTimer(_ fire: @escaping () -> Void) -> any DeadlineTimer

    /// Starts to connect: opens the proxy's tunnel if there is one, resolves the host, tries its addresses, and does the
    /// TLS handshake if asked. Returns at once; `handler` hears `streamOpened` or, on failure, only `streamClosed`. The
    /// handler is retained until `streamClosed` has been delivered.
    func connect(
        to endpoint: Endpoint, tls: TLSClientOptions?, transport: TransportOptions, handler: any StreamHandler
    ) -> any ByteStream

    /// Listens on a numeric address; port 0 takes a free one (`Listener.port` tells which). `accept` is called on the loop for
    /// each new connection and returns the handler of that stream (or nil to refuse it, which closes it).
    /// Throws `NetworkError`.
    func listen(
        on endpoint: Endpoint, tls: TLSServerOptions?, accept: @escaping (any ByteStream) -> (any StreamHandler)?
    ) throws(NetworkError) -> any Listener

    /// Performs one HTTP request. Cancelling the task ends the transfer and throws `NetworkError.cancelled`.
    /// Answers of any status are returned, not thrown.
    nonisolated(nonsending) func perform(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse
}

extension World {
    /// With the default transport.
    public func connect(
        to endpoint: Endpoint, tls: TLSClientOptions?, handler: any StreamHandler
    ) -> any ByteStream {
        connect(to: endpoint, tls: tls, transport: TransportOptions(), handler: handler)
    }
}

/// An executor that is both: actors are pinned to it, and tasks prefer it.
public protocol LoopExecutor: SerialExecutor, TaskExecutor {}

/// A point on the world's monotonic clock, in nanoseconds.
public struct Instant: Comparable, Hashable, Sendable {
    public var nanoseconds: UInt64

    @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates instead of trapping: a deadline beyond the end of time is the end of time.
    @inlinable public func advanced(byNanoseconds delta: UInt64) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(delta)
        return Instant(nanoseconds: overflow ? .max : sum)
    }

    @inlinable public static func + (left: Instant, right: Duration) -> Instant {
        left.advanced(byNanoseconds: right.wholeNanoseconds)
    }

    /// Zero when `earlier` is later.
    @inlinable public func nanoseconds(since earlier: Instant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }
}

extension Duration {
    /// Nanoseconds, clamped to 0 … `UInt64.max`.
    @inlinable public var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .max }
        let (sum, overflow2) = product.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
        return overflow2 ? .max : sum
    }
}

/// One re-armable deadline. Loop-confined.
public protocol DeadlineTimer: AnyObject {
    /// Arms the timer for `instant`, replacing an earlier arming. A time in the past fires on the next turn of the loop,
    /// never inside this call.
    func arm(at instant: Instant)
    /// Disarms it; it may be armed again.
    func disarm()
    /// Disarms it for good and releases the handle. Must be called exactly once.
    func close()
}
