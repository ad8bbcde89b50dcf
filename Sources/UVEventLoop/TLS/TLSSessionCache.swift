internal import COpenSSL
import WorldInterface

/// A loop's TLS sessions, so that a reconnect costs no certificate and one round trip less (RFC 8446 §2.2, RFC 5246 §7.3).
/// Loop-confined.
///
/// A session is only found by whoever has the very context that it was made in – the same trust, identity, revocation
/// lists and ALPN – and the same host and port. It counts as verified again, as it was when it was made, for as long as
/// the server's certificate has not expired.
final class TLSSessionCache {
    private struct Entry {
        let context: ObjectIdentifier
        let endpoint: Endpoint
        let session: TLSSession
    }

    /// One session, with the certificates of its server, is some 5 KB.
    static let capacity = 64
    /// A TLS 1.3 server hands out two at once, and each serves one connection.
    static let capacityPerEndpoint = 4

    /// The oldest first.
    private var entries: [Entry] = []

    var count: Int { entries.count }

    func insert(_ session: TLSSession, of context: TLSContext, for endpoint: Endpoint) {
        let context = ObjectIdentifier(context)
        let isSame = { (entry: Entry) in entry.context == context && entry.endpoint == endpoint }
        if entries.count(where: isSame) >= Self.capacityPerEndpoint, let oldest = entries.firstIndex(where: isSame) {
            entries.remove(at: oldest)
        } else if entries.count >= Self.capacity {
            entries.removeFirst()
        }
        entries.append(Entry(context: context, endpoint: endpoint, session: session))
    }

    /// The newest that can be resumed. One of TLS 1.3 is gone from here then: used twice, it would tell an observer that
    /// both are the same client (RFC 8446 §C.4).
    func take(for endpoint: Endpoint, in context: TLSContext) -> TLSSession? {
        let context = ObjectIdentifier(context)
        while let index = entries.lastIndex(where: { $0.context == context && $0.endpoint == endpoint }) {
            let session = entries[index].session
            let isResumable = session.isResumable
            if !isResumable || session.isForOneUse { entries.remove(at: index) }
            if isResumable { return session }
        }
        return nil
    }

    /// All that might share the fate of one that failed.
    func forget(_ endpoint: Endpoint, in context: TLSContext) {
        let context = ObjectIdentifier(context)
        entries.removeAll { $0.context == context && $0.endpoint == endpoint }
    }
}

/// A reference to an `SSL_SESSION`.
final class TLSSession {
    let session: OpaquePointer

    /// Takes over the caller's reference.
    init(owning session: OpaquePointer) { self.session = session }

    deinit { SSL_SESSION_free(session) }

    /// Whether a server may still accept it; whether it does, only the server knows.
    var isResumable: Bool {
        guard SSL_SESSION_is_resumable(session) == 1 else { return false }
        let now = time(nil)
        guard Int(SSL_SESSION_get_time(session)) + Int(SSL_SESSION_get_timeout(session)) > now else { return false }
        // Nobody looks at the certificate again when a session is resumed.
        guard let certificate = SSL_SESSION_get0_peer(session) else { return false }
        return X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0
    }

    var isForOneUse: Bool { SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
