/// A payload that cannot be sent as asked.
public enum WebSocketEncodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Pings and pongs carry at most 125 bytes (RFC 6455 §5.5).
    case controlPayloadTooLong(Int)

    public var description: String {
        switch self {
        case .controlPayloadTooLong(let count): "a ping or pong carries at most 125 bytes, not \(count)"
        }
    }
}

/// Writes frames (RFC 6455 §5.2) to the end of a byte array, which grows at most once per frame.
///
/// `maskingKey`: a client passes a fresh unpredictable value for each frame (§5.3), a server passes nil.
public enum WebSocketEncoder {
    /// A whole text message. The bytes must be valid UTF-8; they are not checked.
    public static func appendText(
        _ text: UnsafeRawBufferPointer, maskingKey: UInt32?, to output: inout [UInt8]
    ) {
        appendFrame(.text, payload: text, maskingKey: maskingKey, to: &output)
    }

    /// A whole text message.
    public static func appendText(_ text: String, maskingKey: UInt32?, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 {
            appendFrame(.text, payload: UnsafeRawBufferPointer($0), maskingKey: maskingKey, to: &output)
        }
    }

    /// A whole binary message.
    public static func appendBinary(
        _ payload: UnsafeRawBufferPointer, maskingKey: UInt32?, to output: inout [UInt8]
    ) {
        appendFrame(.binary, payload: payload, maskingKey: maskingKey, to: &output)
    }

    /// Throws when the payload exceeds 125 bytes; nothing is written then.
    public static func appendPing(
        _ payload: UnsafeRawBufferPointer, maskingKey: UInt32?, to output: inout [UInt8]
    ) throws(WebSocketEncodingError) {
        guard payload.count <= 125 else { throw .controlPayloadTooLong(payload.count) }
        appendFrame(.ping, payload: payload, maskingKey: maskingKey, to: &output)
    }

    /// Throws when the payload exceeds 125 bytes (a received ping's never does); nothing is written then.
    public static func appendPong(
        _ payload: UnsafeRawBufferPointer, maskingKey: UInt32?, to output: inout [UInt8]
    ) throws(WebSocketEncodingError) {
        guard payload.count <= 125 else { throw .controlPayloadTooLong(payload.count) }
        appendFrame(.pong, payload: payload, maskingKey: maskingKey, to: &output)
    }

    /// A close frame; an empty one without `code`. The reason is cut to 123 bytes between two characters.
    public static func appendClose(
        _ code: WebSocketCloseCode?, reason: String = "", maskingKey: UInt32?, to output: inout [UInt8]
    ) {
        var payload: [UInt8] = []
        if let code {
            payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
            for scalar in reason.unicodeScalars {
                let units = UTF8.encode(scalar)
                guard let units, payload.count + units.count <= 125 else { break }
                payload.append(contentsOf: units)
            }
        }
        payload.withUnsafeBytes { appendFrame(.close, payload: $0, maskingKey: maskingKey, to: &output) }
    }

    /// One frame as asked, unchecked: for fragments, and for peers that misbehave on purpose.
    public static func appendFrame(
        _ opcode: WebSocketOpcode, isFinal: Bool = true, payload: UnsafeRawBufferPointer, maskingKey: UInt32?,
        to output: inout [UInt8]
    ) {
        let needed = output.count + FrameHeader.maximumByteCount + payload.count
        // `reserveCapacity` alone would be exact, and many frames in one array quadratic.
        if needed > output.capacity { output.reserveCapacity(max(needed, 2 * output.capacity)) }
        output.append((isFinal ? 0x80 : 0) | opcode.rawValue)
        let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
        switch payload.count {
        case ...125:
            output.append(maskBit | UInt8(payload.count))
        case ...0xFFFF:
            output.append(maskBit | 126)
            appendBigEndian(UInt16(payload.count), to: &output)
        default:
            output.append(maskBit | 127)
            appendBigEndian(UInt64(payload.count), to: &output)
        }
        guard let maskingKey else {
            output.append(contentsOf: payload)
            return
        }
        appendBigEndian(maskingKey, to: &output)
        let start = output.count
        output.append(contentsOf: payload)
        output.withUnsafeMutableBytes { bytes in
            var mask = FrameMask(key: maskingKey)
            mask.apply(to: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
        }
    }

    private static func appendBigEndian<Integer: FixedWidthInteger>(_ value: Integer, to output: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { output.append(contentsOf: $0) }
    }
}
