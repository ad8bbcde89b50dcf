internal import CSimdJSON

/// Bytes behind every text that the parser is given.
let jsonPadding = Int(HOLDFAST_JSON_PADDING)

extension HoldfastText {
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(bytes: bytes.baseAddress?.assumingMemoryBound(to: CChar.self), count: bytes.count)
    }

    /// A copy; empty when absent.
    var string: String { optionalString ?? "" }

    var optionalString: String? { makeString(isKnownASCII: false) }

    func makeString(isKnownASCII: Bool) -> String? {
        guard let bytes else { return nil }
        let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
        guard #available(macOS 26, *) else { return String(decoding: buffer, as: UTF8.self) }
        // Sound: simdjson has found the input to be UTF-8, and each of its texts ends where characters end.
        var span = unsafe UTF8Span(
            unchecked: unsafe buffer.bindMemory(to: UInt8.self).span, isKnownASCII: isKnownASCII)
        if !isKnownASCII { _ = span.checkForASCII() }
        return String(copying: span)
    }
}

extension UnsafeRawBufferPointer {
    init(_ text: HoldfastText) { self.init(start: text.bytes, count: text.count) }
}

/// Bytes with readable padding behind them, for texts that do not come from a stream's buffer.
func withPadding<Result>(
    _ bytes: some Collection<UInt8>, _ body: (HoldfastText) throws(DecodingFailure) -> Result
) throws(DecodingFailure) -> Result {
    let count = bytes.count
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count + jsonPadding, alignment: 16)
    defer { buffer.deallocate() }
    buffer.copyBytes(from: bytes)
    buffer[count...].copyBytes(from: repeatElement(0, count: jsonPadding))
    return try body(HoldfastText(UnsafeRawBufferPointer(rebasing: buffer[..<count])))
}
