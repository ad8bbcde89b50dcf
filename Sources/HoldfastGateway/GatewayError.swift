/// Why a gateway does not do what it was asked for.
public enum GatewayError: Error, Hashable, Sendable, CustomStringConvertible {
    case exists(String)
    case unknown(String)
    case badName
    case stopped(String)
    case stopping

    public var description: String {
        switch self {
        case .exists(let name): "there is an account \(name) already; remove it first, or choose another name"
        case .unknown(let name): "there is no account \(name); the list of accounts tells which there are"
        case .badName: "the name of an account has 1 to 200 bytes"
        case .stopped(let name): "the account \(name) was stopped by hand; start it first"
        case .stopping: "the gateway stops"
        }
    }
}

/// What `Gateway.apply` did: names, in order.
public struct GatewayChanges: Hashable, Sendable {
    public var added: [String] = []
    public var removed: [String] = []
    public var changed: [String] = []
    /// How many stayed as they were, but for their handler.
    public var kept = 0
}
