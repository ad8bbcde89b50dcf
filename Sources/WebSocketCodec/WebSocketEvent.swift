/// What arrived. Payloads are unmasked and complete; text is valid UTF-8.
///
/// A payload is valid until the next call into the decoder, and no longer than the read buffer that it may lie in. It
/// is followed by at least ``WebSocketInput/paddingByteCount`` readable bytes.
@frozen public enum WebSocketEvent {
    case text(UnsafeRawBufferPointer)
    case binary(UnsafeRawBufferPointer)
    /// To be answered by a pong with the same payload (RFC 6455 §5.5.2). At most 125 bytes.
    case ping(UnsafeRawBufferPointer)
    case pong(UnsafeRawBufferPointer)
    /// The peer's close frame; nothing follows it. `code` is nil when the frame was empty (RFC 6455 §7.1.5, "1005").
    /// The reason is valid UTF-8 of at most 123 bytes.
    case close(code: WebSocketCloseCode?, reason: UnsafeRawBufferPointer)
}
