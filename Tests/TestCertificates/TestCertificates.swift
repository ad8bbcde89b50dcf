import COpenSSL
public import WorldInterface

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Certificates made for one test, in a directory of its own that goes with it.
public final class TestCertificates {
    public let directory: String

    /// The authority that signs; `authority.pem`.
    public var authorityFile: String { directory + "/authority.pem" }
    /// Valid for `localhost` and 127.0.0.1.
    public var server: TLSServerOptions { options("server") }
    /// The same, but expired.
    public var expired: TLSServerOptions { options("expired") }
    /// For another host.
    public var elsewhere: TLSServerOptions { options("elsewhere") }

    public init() {
        var template = Array("/tmp/holdfast-certificates-XXXXXX".utf8CString)
        directory = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
        let authorityKey = holdfast_make_key()
        let authority = certificate(
            "Test Authority", key: authorityKey, issuer: nil, issuerKey: authorityKey, days: 1, names: nil)
        write(authority, nil, "authority")
        for (file, days, names) in [
            ("server", 1, "DNS:localhost,IP:127.0.0.1"), ("expired", -1, "DNS:localhost,IP:127.0.0.1"),
            ("elsewhere", 1, "DNS:elsewhere.example"),
        ] {
            let key = holdfast_make_key()
            let leaf = certificate(
                file, key: key, issuer: authority, issuerKey: authorityKey, days: days, names: names)
            write(leaf, key, file)
            X509_free(leaf)
            EVP_PKEY_free(key)
        }
        X509_free(authority)
        EVP_PKEY_free(authorityKey)
    }

    deinit {
        for file in ["authority", "server", "expired", "elsewhere"] {
            unlink("\(directory)/\(file).pem")
            unlink("\(directory)/\(file).key")
        }
        rmdir(directory)
    }

    private func options(_ file: String) -> TLSServerOptions {
        TLSServerOptions(
            certificateChainFile: "\(directory)/\(file).pem", privateKeyFile: "\(directory)/\(file).key")
    }

    private func certificate(
        _ name: String, key: OpaquePointer?, issuer: OpaquePointer?, issuerKey: OpaquePointer?, days: Int,
        names: String?
    ) -> OpaquePointer? {
        let certificate = X509_new()
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1..<1_000_000))
        X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * 86_400)
        X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86_400)
        X509_set_pubkey(certificate, key)
        X509_NAME_add_entry_by_txt(
            X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, Array(name.utf8), Int32(name.utf8.count), -1, 0)
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer ?? certificate))
        add(certificate, NID_basic_constraints, names == nil ? "critical,CA:TRUE" : "CA:FALSE")
        if let names { add(certificate, NID_subject_alt_name, names) }
        X509_sign(certificate, issuerKey, EVP_sha256())
        return certificate
    }

    private func add(_ certificate: OpaquePointer?, _ kind: Int32, _ value: String) {
        let field = X509V3_EXT_conf_nid(nil, nil, kind, value)
        X509_add_ext(certificate, field, -1)
        X509_EXTENSION_free(field)
    }

    private func write(_ certificate: OpaquePointer?, _ key: OpaquePointer?, _ file: String) {
        let output = BIO_new_file("\(directory)/\(file).pem", "w")
        PEM_write_bio_X509(output, certificate)
        BIO_free(output)
        guard let key else { return }
        let keyOutput = BIO_new_file("\(directory)/\(file).key", "w")
        PEM_write_bio_PrivateKey(keyOutput, key, nil, nil, 0, nil, nil)
        BIO_free(keyOutput)
    }
}
