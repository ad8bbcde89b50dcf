public import WorldInterface

/// Bounds how often attempts begin, for connections that share a server: when all of them are dropped at once, they come
/// back one after another. `HoldfastGateway` has a token bucket of this kind.
public protocol AttemptLimit: Sendable {
    /// Gives the next free turn to whoever asks, and counts it as taken: at `now` or earlier where nobody has to wait.
    /// Called from the loops of all connections that share it; must not block. Turns of one `now` ascend.
    func turn(at now: Instant) -> Instant
}
