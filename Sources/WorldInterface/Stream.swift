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

/// A TLS client's demands. TLS 1.2 is the least (RFC 8996), and the certificate must be for the endpoint's host (RFC 9525).
///
/// Files are PEM, and are read once by each loop for each set of options; a changed file needs another path, or a new loop.
/// Sessions are resumed (RFC 8446 §2.2, RFC 5077) only under the same options, with the same host and port.
public struct TLSClientOptions: Hashable, Sendable {
    /// Path of a file whose certificates are trusted instead of the system's store (SSL_CTX_load_verify_file(3)).
    public var certificateAuthorityFile: String?

    /// What few set lies behind one reference: a connection keeps its options for as long as it is kept.
    private var seldom: Seldom?

    public init(
        certificateAuthorityFile: String? = nil, certificateChainFile: String? = nil, privateKeyFile: String? = nil,
        revocationListFile: String? = nil, applicationProtocols: [String] = []
    ) {
        self.certificateAuthorityFile = certificateAuthorityFile
        demands = Demands(
            certificateChainFile: certificateChainFile, privateKeyFile: privateKeyFile,
            revocationListFile: revocationListFile, applicationProtocols: applicationProtocols)
    }

    /// Path of the client's certificate, followed by those that lead to its authority: what a server gets that asks for one
    /// (RFC 8446 §4.3.2, SSL_CTX_use_certificate_chain_file(3)).
    public var certificateChainFile: String? {
        get { demands.certificateChainFile }
        set { demands.certificateChainFile = newValue }
    }

    /// Path of the key of `certificateChainFile`, not encrypted. Without it, the key stands in that file too.
    public var privateKeyFile: String? {
        get { demands.privateKeyFile }
        set { demands.privateKeyFile = newValue }
    }

    /// Path of a file of revocation lists (RFC 5280 §5): one of each authority on the way to a trusted one. A certificate
    /// that is on its authority's list is refused, and so is one whose authority has no list here, or an outdated one
    /// (X509_V_FLAG_CRL_CHECK_ALL in X509_VERIFY_PARAM_set_flags(3)).
    public var revocationListFile: String? {
        get { demands.revocationListFile }
        set { demands.revocationListFile = newValue }
    }

    /// What is offered by ALPN (RFC 7301), each of 1 to 255 bytes, the best first; nothing if empty. A server that does
    /// not know ALPN is accepted. Of a request over HTTP, libcurl decides itself; `http/1.1` alone keeps it from HTTP/2.
    public var applicationProtocols: [String] {
        get { demands.applicationProtocols }
        set { demands.applicationProtocols = newValue }
    }

    private struct Demands: Hashable, Sendable {
        var certificateChainFile: String?
        var privateKeyFile: String?
        var revocationListFile: String?
        var applicationProtocols: [String] = []
    }

    private indirect enum Seldom: Hashable, Sendable { case demands(Demands) }

    private var demands: Demands {
        get { if case .demands(let demands)? = seldom { demands } else { Demands() } }
        // Nothing demanded is always nil, so that equal options are equal.
        set { seldom = newValue == Demands() ? nil : .demands(newValue) }
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
