/// A close code that may stand in a close frame (RFC 6455 §7.4 and the IANA registry).
///
/// 1004, 1005, 1006 and 1015 cannot be expressed: they never travel.
public struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt16

    /// Nil for codes that must not be sent or are not assigned: below 1000, 1004–1006, 1015–2999, above 4999.
    public init?(rawValue: UInt16) {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: self.rawValue = rawValue
        default: return nil
        }
    }

    private init(known rawValue: UInt16) { self.rawValue = rawValue }

    public static let normalClosure = WebSocketCloseCode(known: 1000)
    public static let goingAway = WebSocketCloseCode(known: 1001)
    public static let protocolError = WebSocketCloseCode(known: 1002)
    public static let unsupportedData = WebSocketCloseCode(known: 1003)
    public static let invalidPayload = WebSocketCloseCode(known: 1007)
    public static let policyViolation = WebSocketCloseCode(known: 1008)
    public static let messageTooBig = WebSocketCloseCode(known: 1009)
    public static let mandatoryExtension = WebSocketCloseCode(known: 1010)
    public static let internalError = WebSocketCloseCode(known: 1011)
    public static let serviceRestart = WebSocketCloseCode(known: 1012)
    public static let tryAgainLater = WebSocketCloseCode(known: 1013)
    public static let badGateway = WebSocketCloseCode(known: 1014)

    public var description: String { String(rawValue) }
}
