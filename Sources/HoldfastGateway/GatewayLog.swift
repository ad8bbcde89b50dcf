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

    public init(at: Int64, level: LogLevel, message: String, fields: [(name: String, value: String)] = []) {
        self.at = at
        self.level = level
        self.message = message
        self.fields = fields
    }
}

/// Takes log entries, from any thread; must not block.
public typealias GatewayLog = @Sendable (GatewayLogEntry) -> Void
