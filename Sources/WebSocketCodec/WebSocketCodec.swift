/// RFC 6455 without I/O, for both roles: bytes come in, events and bytes go out.
///
/// A newcomer reads ``WebSocketDecoder`` (frames → messages), ``WebSocketEncoder`` (messages → frames),
/// ``WebSocketClientHandshake`` and ``WebSocketServerHandshake`` (the opening), ``WebSocketCloseHandshake`` (the end).
/// One cursor, ``WebSocketInput``, runs over the read buffer through handshake and frames alike, so bytes behind the
/// header block reach the decoder by themselves.
///
/// This module imports nothing and must never know sockets, clocks, random generators or chat servers. Its types are
/// not synchronised: each is used from one isolation at a time.

/// Which end of the connection this side is. It decides who masks (RFC 6455 §5.1).
@frozen public enum WebSocketRole: Sendable {
    /// Sends masked frames, receives unmasked ones.
    case client
    /// Sends unmasked frames, receives masked ones.
    case server
}

/// Bounds on what a peer can make this side hold.
public struct WebSocketLimits: Hashable, Sendable {
    /// Largest payload of one frame, in bytes. More ends the connection with 1009.
    public var maximumFrameBytes: Int
    /// Largest message, all fragments together, in bytes. More ends the connection with 1009.
    public var maximumMessageBytes: Int
    /// Most frames that one message may be cut into. More ends the connection with 1009. A fragment costs no memory
    /// beyond its payload, but time.
    public var maximumFragments: Int
    /// Largest header block of the opening handshake, in bytes.
    public var maximumHandshakeBytes: Int

    /// The defaults suit a client: messages up to 16 MiB, 131,072 fragments, a 16 KiB header block.
    public init(
        maximumFrameBytes: Int = 16 << 20, maximumMessageBytes: Int = 16 << 20, maximumFragments: Int = 131_072,
        maximumHandshakeBytes: Int = 16 << 10
    ) {
        self.maximumFrameBytes = maximumFrameBytes
        self.maximumMessageBytes = maximumMessageBytes
        self.maximumFragments = maximumFragments
        self.maximumHandshakeBytes = maximumHandshakeBytes
    }
}

/// What a frame carries (RFC 6455 §5.2). Reserved opcodes have no case.
@frozen public enum WebSocketOpcode: UInt8, Sendable, CaseIterable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Control frames are short and whole, and may stand between the fragments of a message (RFC 6455 §5.5).
    @inlinable public var isControl: Bool { rawValue & 0x8 != 0 }
}
