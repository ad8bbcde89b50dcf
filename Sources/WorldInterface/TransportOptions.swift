/// How connections are made and kept by TCP: by which way, and how long a peer may be silent. The same value serves a
/// WebSocket and the HTTP requests beside it, so that both take the same way.
public struct TransportOptions: Hashable, Sendable {
    public var proxy: ProxyPolicy
    public var liveness: TCPLiveness

    public init(proxy: ProxyPolicy = .environment, liveness: TCPLiveness = .init()) {
        self.proxy = proxy
        self.liveness = liveness
    }
}

/// How the kernel finds out that a connection's path is dead (`TCP_USER_TIMEOUT`, RFC 5482; keep-alive, RFC 9293 §3.8.4).
///
/// A probe of the engine notices the same, and sooner; it runs every 30 s unless set otherwise. The kernel helps where no
/// probe does: while a consumer lags and reading has stopped, between probes that were set far apart, and for the idle
/// HTTP connections that are kept for reuse. Without it Linux goes on for about 15 minutes with data that nobody
/// acknowledges, and for ever with a connection that is idle.
public struct TCPLiveness: Hashable, Sendable {
    /// Silence of the peer before the first keep-alive segment, in whole seconds; at least 1. The default of 45 s is more
    /// than the engine's 30 s between probes: a connection that is probed costs no segment more.
    public var idle: Duration
    /// Between two keep-alive segments, in whole seconds; at least 1.
    public var interval: Duration
    /// Segments without an answer after which the connection is dead; at least 1.
    public var count: Int
    /// How long what was sent may stay unacknowledged; zero leaves it to the system. The default, 90 s, is
    /// `idle + interval × count`: Linux ends an idle connection by this time, too, and a shorter one would let a single lost
    /// segment decide. It outlasts a change of network or a short outage. Other systems than Linux may not have it.
    public var userTimeout: Duration

    public init(
        idle: Duration = .seconds(45), interval: Duration = .seconds(15), count: Int = 3,
        userTimeout: Duration = .seconds(90)
    ) {
        self.idle = idle
        self.interval = interval
        self.count = count
        self.userTimeout = userTimeout
    }
}
