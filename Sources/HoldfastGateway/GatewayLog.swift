public import Holdfast

/// What a gateway tells of itself and its accounts: constant messages, and fields. Never a secret.
public struct GatewayLogEntry: Sendable {
    /// Milliseconds since 1970 (UTC).
    public var at: Int64
    public var level: LogLevel
    /// One of few; what differs is in the fields.
    public var message: String
    /// In order: e.g. `account`, `transition`, `reason`.
    public var fields: [(name: String, value: String)]
}

/// Takes log entries, from any thread; must not block.
public typealias GatewayLog = @Sendable (GatewayLogEntry) -> Void
