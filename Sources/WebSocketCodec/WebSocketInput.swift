/// A cursor over bytes that were read: what handshakes and decoder have consumed lies before it.
///
/// The memory belongs to the caller and may be changed in place (unmasking). At least
/// ``WebSocketInput/paddingByteCount`` bytes behind the buffer must be readable: messages are delivered in place, and
/// parsers such as simdjson read past the end of their text.
@frozen public struct WebSocketInput {
    /// Readable bytes that the caller guarantees behind the buffer, and the decoder behind every payload.
    public static let paddingByteCount = 64

    @usableFromInline let buffer: UnsafeMutableRawBufferPointer
    @usableFromInline var position: Int

    /// - Parameter buffer: bytes as they came from the peer, with readable padding behind them.
    @inlinable public init(_ buffer: UnsafeMutableRawBufferPointer) {
        self.buffer = buffer
        self.position = 0
    }

    /// Bytes consumed so far.
    @inlinable public var consumedByteCount: Int { position }

    @inlinable public var unreadByteCount: Int { buffer.count - position }

    /// What is left. After a stop in the middle of a buffer, keep these bytes (``WebSocketBacklog``) and hand them in
    /// again later.
    @inlinable public var unread: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: buffer[position...])
    }

    /// Takes the next `count` bytes; `count` must not exceed `unreadByteCount`.
    @inlinable mutating func take(_ count: Int) -> UnsafeMutableRawBufferPointer {
        let slice = UnsafeMutableRawBufferPointer(rebasing: buffer[position..<position + count])
        position += count
        return slice
    }
}
