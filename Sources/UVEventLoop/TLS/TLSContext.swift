internal import COpenSSL
import WorldInterface

/// What many TLS connections share: trust, identity, versions. A reference to an `SSL_CTX`. Loop-confined.
final class TLSContext {
    let context: OpaquePointer
    /// Where it is noted why a certificate was refused.
    let verification = Verification()
    /// Where a client's sessions go.
    private(set) var sessions: TLSSessionCache?

    /// A client that trusts the system's authorities, or only those in the given file. Reads the files.
    convenience init(client options: TLSClientOptions, sessions: TLSSessionCache) throws(NetworkError) {
        try self.init(TLS_client_method())
        becomeClient(sessions)
        verification.watch(context)
        try TLSFiles.loadTrust(of: options, into: context)
        if let chain = options.certificateChainFile {
            try TLSFiles.loadIdentity(chain: chain, key: options.privateKeyFile ?? chain, into: context)
        } else if let key = options.privateKeyFile {
            throw NetworkError(
                .tlsFailed, "the private key \(key) is nothing without its certificate: give that file too")
        }
    }

    /// The same client, which moreover offers `protocols`, in the form of RFC 7301 §3.1.
    convenience init(_ other: TLSContext, offering protocols: [UInt8]) throws(NetworkError) {
        try self.init(TLS_client_method())
        if let sessions = other.sessions { becomeClient(sessions) }
        other.lend(to: context, noting: verification)
        SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count))
    }

    /// A server with a certificate chain and its key.
    convenience init(server options: TLSServerOptions) throws(NetworkError) {
        try self.init(TLS_server_method())
        try TLSFiles.loadIdentity(chain: options.certificateChainFile, key: options.privateKeyFile, into: context)
    }

    private init(_ method: OpaquePointer?) throws(NetworkError) {
        guard let context = SSL_CTX_new(method) else { throw NetworkError(.tlsFailed, "OpenSSL cannot be started") }
        self.context = context
        holdfast_ssl_ctx_configure(context)
    }

    deinit { SSL_CTX_free(context) }

    private func becomeClient(_ sessions: TLSSessionCache) {
        self.sessions = sessions
        holdfast_ssl_ctx_hand_out_sessions(context)
        SSL_CTX_sess_set_new_cb(context) { ssl, session in
            guard let session, let owner = holdfast_ssl_owner(ssl) else { return 0 }
            Unmanaged<TLSEngine>.fromOpaque(owner).takeUnretainedValue().keep(session)
            return 1  // The reference is ours now.
        }
    }

    /// Trust and identity for a context of somebody else (libcurl's), which notes there why it refuses a certificate.
    func lend(to other: OpaquePointer, noting verification: Verification) {
        SSL_CTX_set1_cert_store(other, SSL_CTX_get_cert_store(context))
        _ = holdfast_ssl_ctx_copy_identity(context, other)
        holdfast_ssl_ctx_harden(other)
        verification.watch(other)
    }
}

/// The kinds of client that a loop has needed so far, and their sessions. Loop-confined.
final class TLSClientContexts {
    private let sessions = TLSSessionCache()
    private var contexts: [TLSClientOptions: TLSContext] = [:]

    /// Reads the files of options that are new.
    func context(for options: TLSClientOptions) throws(NetworkError) -> TLSContext {
        if let known = contexts[options] { return known }
        let created: TLSContext
        if options.applicationProtocols.isEmpty {
            created = try TLSContext(client: options, sessions: sessions)
        } else {
            let protocols = try TLSClientContexts.wireForm(options.applicationProtocols)
            var others = options
            others.applicationProtocols = []
            created = try TLSContext(context(for: others), offering: protocols)
        }
        contexts[options] = created
        return created
    }

    private static func wireForm(_ protocols: [String]) throws(NetworkError) -> [UInt8] {
        var form: [UInt8] = []
        for name in protocols {
            guard let count = UInt8(exactly: name.utf8.count), count > 0 else {
                throw NetworkError(.malformed, "an ALPN protocol has 1 to 255 bytes, \"\(name)\" has not")
            }
            form.append(count)
            form += name.utf8
        }
        guard form.count <= 65_535 else { throw NetworkError(.malformed, "too many ALPN protocols to offer") }
        return form
    }
}
