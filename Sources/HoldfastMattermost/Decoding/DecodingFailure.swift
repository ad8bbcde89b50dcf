internal import CSimdJSON

/// Why a text of the server could not be read. Says where, never what: the text may hold secrets of people.
public struct DecodingFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: String, CaseIterable, Sendable {
        /// Not JSON (RFC 8259), or not UTF-8.
        case malformed
        case wrongType
        case missingKey
        /// A key of the frame itself comes twice.
        case duplicateKey
        /// Nested beyond 128 levels.
        case tooDeep
        /// Beyond 4 GiB.
        case tooLarge
        case outOfMemory
        /// An object that is neither an event nor a reply.
        case notAFrame
    }

    public var reason: Reason
    /// The key that is meant, if it is known.
    public var key: String?

    public init(_ reason: Reason, key: String? = nil) {
        self.reason = reason
        self.key = key
    }

    public var description: String {
        let key = key.map { "\"\($0)\"" } ?? "a value"
        return switch reason {
        case .malformed: "the server's text is not valid JSON"
        case .wrongType: "\(key) has another type than Mattermost gives it"
        case .missingKey: "\(key) is missing"
        case .duplicateKey: "\(key) comes twice"
        case .tooDeep: "the server's text is nested beyond 128 levels"
        case .tooLarge: "the server's text is too large"
        case .outOfMemory: "there is no memory to read the server's text"
        case .notAFrame: "the server's text is neither an event nor a reply"
        }
    }
}

extension HoldfastOutcome {
    func check() throws(DecodingFailure) {
        if code != HOLDFAST_JSON_OK { throw failure }
    }

    private var failure: DecodingFailure {
        let reason: DecodingFailure.Reason =
            switch Int(code) {
            case HOLDFAST_JSON_WRONG_TYPE: .wrongType
            case HOLDFAST_JSON_MISSING_KEY: .missingKey
            case HOLDFAST_JSON_DUPLICATE_KEY: .duplicateKey
            case HOLDFAST_JSON_TOO_DEEP: .tooDeep
            case HOLDFAST_JSON_TOO_LARGE: .tooLarge
            case HOLDFAST_JSON_OUT_OF_MEMORY: .outOfMemory
            case HOLDFAST_JSON_NOT_A_FRAME: .notAFrame
            default: .malformed
            }
        return DecodingFailure(reason, key: key.map { String(cString: $0) })
    }
}
