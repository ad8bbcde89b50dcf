/// One frame's header (RFC 6455 §5.2).
struct FrameHeader {
    /// Header bytes at most: two, a 64-bit length, a masking key.
    static let maximumByteCount = 14

    var opcode = WebSocketOpcode.continuation
    var isFinal = false
    var mask = FrameMask()
    var payloadByteCount = 0

    init() {}

    /// The length of the whole header, judged by its first two bytes; throws what they alone prove to be wrong.
    @inline(__always)
    static func byteCount(
        first: UInt8, second: UInt8, receivedBy role: WebSocketRole
    ) throws(WebSocketProtocolError) -> Int {
        guard first & 0x70 == 0 else { throw .reservedBitsSet }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { throw .reservedOpcode }
        let isMasked = second & 0x80 != 0
        switch role {
        case .client: if isMasked { throw .unexpectedMask }
        case .server: if !isMasked { throw .missingMask }
        }
        let length = second & 0x7F
        if opcode.isControl {
            guard first & 0x80 != 0 else { throw .controlFrameFragmented }
            guard length <= 125 else { throw .controlFrameTooLong }
        }
        let extended = length == 126 ? 2 : length == 127 ? 8 : 0
        return 2 + extended + (isMasked ? 4 : 0)
    }

    /// Reads a whole header whose first two bytes have passed ``byteCount(first:second:receivedBy:)``.
    @inline(__always)
    init(checked bytes: UnsafeRawPointer) throws(WebSocketProtocolError) {
        let first = bytes.load(as: UInt8.self)
        let second = bytes.load(fromByteOffset: 1, as: UInt8.self)
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { throw .reservedOpcode }
        self.opcode = opcode
        isFinal = first & 0x80 != 0
        var offset = 2
        switch second & 0x7F {
        case 126:
            let length = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
            guard length > 125 else { throw .lengthNotMinimal }
            payloadByteCount = Int(length)
            offset = 4
        case 127:
            let length = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            guard length >> 63 == 0 else { throw .lengthOverflow }
            guard length > 0xFFFF else { throw .lengthNotMinimal }
            payloadByteCount = Int(length)
            offset = 10
        case let length:
            payloadByteCount = Int(length)
        }
        if second & 0x80 != 0 { mask = FrameMask(wireBytes: bytes + offset) }
    }
}
