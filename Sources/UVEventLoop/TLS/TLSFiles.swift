internal import COpenSSL
import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads PEM files into an `SSL_CTX`. Each error names the file and says what to do about it.
enum TLSFiles {
    static func loadTrust(of options: TLSClientOptions, into context: OpaquePointer) throws(NetworkError) {
        if let file = options.certificateAuthorityFile {
            guard SSL_CTX_load_verify_file(context, file) == 1 else {
                throw complaint("the authority file", file, "give a PEM file of certificates")
            }
        } else {
            SSL_CTX_set_default_verify_paths(context)
        }
        guard let file = options.revocationListFile else { return }
        let store = SSL_CTX_get_cert_store(context)
        let lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file())
        guard X509_load_crl_file(lookup, file, X509_FILETYPE_PEM) > 0 else {
            throw complaint(
                "the revocation lists", file,
                "give a PEM file of them (openssl crl -inform DER -in LIST -out FILE makes one)")
        }
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL))
    }

    static func loadIdentity(chain: String, key: String, into context: OpaquePointer) throws(NetworkError) {
        guard SSL_CTX_use_certificate_chain_file(context, chain) == 1 else {
            throw complaint("the certificate chain", chain, "give a PEM file, the certificate first")
        }
        // Else OpenSSL would ask at the terminal, and wait.
        var isEncrypted = false
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, isEncrypted in
            isEncrypted?.assumingMemoryBound(to: Bool.self).pointee = true
            return -1
        }
        ERR_clear_error()
        let isLoaded = withUnsafeMutablePointer(to: &isEncrypted) { isEncrypted in
            SSL_CTX_set_default_passwd_cb_userdata(context, isEncrypted)
            defer { SSL_CTX_set_default_passwd_cb_userdata(context, nil) }
            return SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1
        }
        let reason = ERR_peek_last_error()
        guard !isEncrypted else {
            throw NetworkError(
                .tlsFailed,
                "the private key \(key) is encrypted: give one that is not (openssl pkey -in \(key) -out FILE)")
        }
        guard isLoaded, SSL_CTX_check_private_key(context) == 1 else {
            if isLoaded || TLSFiles.isMismatch(reason) {
                throw NetworkError(
                    .tlsFailed, "the private key \(key) is not that of the certificate \(chain): give the pair")
            }
            throw complaint("the private key", key, "give the certificate's key, in PEM")
        }
    }

    private static func isMismatch(_ code: UInt) -> Bool {
        let reason = holdfast_error_reason(code)
        return holdfast_error_library(code) == ERR_LIB_X509
            && (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
    }

    private static func complaint(_ what: String, _ path: String, _ advice: String) -> NetworkError {
        ERR_clear_error()
        guard access(path, R_OK) != 0 else {
            return NetworkError(.tlsFailed, "cannot use \(what) \(path): it is not what it should be; \(advice)")
        }
        return NetworkError(.tlsFailed, "cannot read \(what) \(path): \(String(cString: strerror(errno))); \(advice)")
    }
}
