/// How a peer broke RFC 6455 or a limit. The decoder stays failed; send ``closeCode`` and drop the connection (§7.1.7).
public enum WebSocketProtocolError: Error, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case reservedBitsSet
    case reservedOpcode
    case unexpectedMask
    case missingMask
    case controlFrameTooLong
    case controlFrameFragmented
    case lengthNotMinimal
    case lengthOverflow
    case continuationWithoutMessage
    case messageInterrupted
    case closePayloadTooShort
    case invalidCloseCode
    case invalidUTF8InText
    case invalidUTF8InCloseReason
    case frameTooLong
    case messageTooLong
    case tooManyFragments

    /// The code to send: 1002, 1007 or 1009.
    public var closeCode: WebSocketCloseCode {
        switch self {
        case .reservedBitsSet, .reservedOpcode, .unexpectedMask, .missingMask, .controlFrameTooLong,
            .controlFrameFragmented, .lengthNotMinimal, .lengthOverflow, .continuationWithoutMessage,
            .messageInterrupted, .closePayloadTooShort, .invalidCloseCode:
            .protocolError
        case .invalidUTF8InText, .invalidUTF8InCloseReason: .invalidPayload
        case .frameTooLong, .messageTooLong, .tooManyFragments: .messageTooBig
        }
    }

    /// One line for a person; short enough to be the reason of a close frame.
    public var description: String {
        switch self {
        case .reservedBitsSet: "a frame has reserved bits set, but no extension was agreed"
        case .reservedOpcode: "a frame has a reserved opcode"
        case .unexpectedMask: "the server sent a masked frame"
        case .missingMask: "the client sent an unmasked frame"
        case .controlFrameTooLong: "a control frame is longer than 125 bytes"
        case .controlFrameFragmented: "a control frame is fragmented"
        case .lengthNotMinimal: "a frame's length is not encoded in the fewest bytes"
        case .lengthOverflow: "a frame's 64-bit length has its top bit set"
        case .continuationWithoutMessage: "a continuation frame came with no message to continue"
        case .messageInterrupted: "a new message began before the last one ended"
        case .closePayloadTooShort: "a close frame has a payload of one byte"
        case .invalidCloseCode: "a close frame has a code that must not be sent"
        case .invalidUTF8InText: "a text message is not valid UTF-8"
        case .invalidUTF8InCloseReason: "a close reason is not valid UTF-8"
        case .frameTooLong: "a frame is longer than the limit"
        case .messageTooLong: "a message is longer than the limit"
        case .tooManyFragments: "a message has more fragments than the limit"
        }
    }
}
