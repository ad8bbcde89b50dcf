/// Where to connect or listen. `host` is a name or a numeric IPv4/IPv6 address without brackets.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A TLS client's demands. TLS 1.2 is the least; the host name is always checked against the endpoint's host.
public struct TLSClientOptions: Hashable, Sendable {
    /// Path of a PEM file whose certificates are trusted instead of the system's store.
    public var certificateAuthorityFile: String?

    public init(certificateAuthorityFile: String? = nil) {
        self.certificateAuthorityFile = certificateAuthorityFile
    }
}

/// A TLS server's identity: PEM files.
public struct TLSServerOptions: Hashable, Sendable {
    public var certificateChainFile: String
    public var privateKeyFile: String

    public init(certificateChainFile: String, privateKeyFile: String) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
    }
}

/// A connected (or connecting) byte stream. Loop-confined.
///
/// Life: created connecting or connected → `streamOpened` once → any number of `streamReceived` → `streamClosed`
/// exactly once, last, on a later turn than the call that caused it. Nothing is delivered after `streamClosed`.
public protocol ByteStream: AnyObject {
    /// Queues bytes; what can be written at once is. Bytes queued before `streamOpened` are sent after it.
    /// Ignored after `close`, `reset` or `finishWriting`.
    func write(_ bytes: UnsafeRawBufferPointer)
    /// Bytes accepted by `write` that the kernel has not taken yet. Callers bound it.
    var queuedByteCount: Int { get }
    /// Stops reading: the kernel's buffer fills and TCP pushes back. Balanced by `resumeReading`; calls do not nest.
    func pauseReading()
    func resumeReading()
    /// Sends FIN (with TLS: close_notify before it) after all that is queued. Reading goes on.
    func finishWriting()
    /// Destroys the stream now, dropping what is queued. `streamClosed(.closedLocally)` follows. Idempotent.
    func close()
    /// Like `close`, but the peer sees RST.
    func reset()
    /// The peer's address for logs, e.g. `127.0.0.1:8065`. Empty before it is connected.
    var peerDescription: String { get }
}

extension ByteStream {
    public func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { write($0) } }
}

/// What a stream tells its owner. All calls are on the loop, synchronously from the read callback, never reentrant
/// from a call into the stream.
public protocol StreamHandler: AnyObject {
    /// TCP is connected and, if asked for, TLS is established and verified.
    func streamOpened()
    /// Bytes arrived. The buffer is the loop's own: valid only during this call, may be changed in place (unmasking),
    /// and is followed by at least `streamBufferPadding` readable bytes.
    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer)
    /// The write queue became empty after `queuedByteCount` was above zero.
    func streamDrained()
    /// The end; exactly once. All handles of the stream are closed or closing.
    func streamClosed(_ reason: StreamClosure)
}

/// Readable bytes behind every buffer given to `streamReceived` (simdjson reads up to 64 bytes past its input).
public let streamBufferPadding = 64

/// Why a stream ended.
public enum StreamClosure: Sendable {
    /// `close` or `reset` was called on this side.
    case closedLocally
    /// The peer ended its side (FIN, or close_notify).
    case endOfStream
    case failed(NetworkError)
}

/// A listening socket. Loop-confined.
public protocol Listener: AnyObject {
    /// The port in use.
    var port: UInt16 { get }
    /// Stops listening and releases the handle; accepted streams go on. Idempotent.
    func close()
}

/// What went wrong below the protocols, and what the user can do about it.
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        case nameNotFound, refused, unreachable, timedOut, reset, tlsUntrusted, tlsHostMismatch, tlsFailed, addressInUse
        case accessDenied, tooManyDescriptors, cancelled, tooLarge, malformed, other
        /// The system has no memory for another socket or for what is to be sent (ENOBUFS, ENOMEM).
        case outOfMemory
        /// All local ports are in use for connections to this peer (EADDRNOTAVAIL).
        case portsExhausted
        /// The proxy wants a user and a password, or others than those that it got (407).
        case proxyAuthentication
        /// The proxy answered, but opened no tunnel.
        case proxyRefused
    }

    public var kind: Kind
    /// One line for a person: what was tried and what happened. Never contains a secret.
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
