internal import COpenSSL
import WorldInterface

/// What many TLS connections share: trust or identity, versions. A reference to an `SSL_CTX`.
final class TLSContext {
    let context: OpaquePointer

    /// A client that trusts the system's authorities, or only those in the given file.
    init(client options: TLSClientOptions) throws(NetworkError) {
        context = try TLSContext.make(TLS_client_method())
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        if let file = options.certificateAuthorityFile {
            guard SSL_CTX_load_verify_file(context, file) == 1 else {
                throw NetworkError(.tlsFailed, "cannot read authorities from \(file): give a PEM file of certificates")
            }
        } else {
            SSL_CTX_set_default_verify_paths(context)
        }
    }

    /// A server with a certificate chain and its key.
    init(server options: TLSServerOptions) throws(NetworkError) {
        context = try TLSContext.make(TLS_server_method())
        guard SSL_CTX_use_certificate_chain_file(context, options.certificateChainFile) == 1 else {
            throw NetworkError(
                .tlsFailed, "cannot read the certificate chain \(options.certificateChainFile): give a PEM file")
        }
        guard SSL_CTX_use_PrivateKey_file(context, options.privateKeyFile, SSL_FILETYPE_PEM) == 1,
            SSL_CTX_check_private_key(context) == 1
        else {
            throw NetworkError(
                .tlsFailed, "cannot use the private key \(options.privateKeyFile): it must be the certificate's, in PEM"
            )
        }
    }

    private static func make(_ method: OpaquePointer?) throws(NetworkError) -> OpaquePointer {
        guard let context = SSL_CTX_new(method) else { throw NetworkError(.tlsFailed, "OpenSSL cannot be started") }
        holdfast_ssl_ctx_configure(context)
        return context
    }

    deinit { SSL_CTX_free(context) }
}
