import COpenSSL

/// A certificate, and its key.
final class Issued {
    let certificate = X509_new()
    let key = holdfast_make_key()

    /// - Parameters:
    ///   - issuer: nil for one that signs itself.
    ///   - names: subject alternative names; nil for an authority.
    ///   - from: when its validity begins, in days from now.
    ///   - until: when it ends.
    init(_ name: String, by issuer: Issued?, names: String?, from: Int = -2, until: Int = 1) {
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1..<1_000_000_000))
        X509_gmtime_adj(X509_getm_notBefore(certificate), from * 86_400)
        X509_gmtime_adj(X509_getm_notAfter(certificate), until * 86_400)
        X509_set_pubkey(certificate, key)
        X509_NAME_add_entry_by_txt(
            X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, Array(name.utf8), Int32(name.utf8.count), -1, 0)
        X509_set_issuer_name(certificate, X509_get_subject_name((issuer ?? self).certificate))
        add(NID_basic_constraints, names == nil ? "critical,CA:TRUE" : "CA:FALSE")
        if let names { add(NID_subject_alt_name, names) }
        X509_sign(certificate, (issuer ?? self).key, EVP_sha256())
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    private func add(_ kind: Int32, _ value: String) {
        let field = X509V3_EXT_conf_nid(nil, nil, kind, value)
        X509_add_ext(certificate, field, -1)
        X509_EXTENSION_free(field)
    }

    /// Signed by this authority, in PEM.
    func writeRevocationList(of revoked: [Issued], until: Int = 1, to file: OpaquePointer?) {
        let list = X509_CRL_new()
        X509_CRL_set_version(list, 1)
        X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate))
        let yesterday = X509_gmtime_adj(nil, -2 * 86_400)
        let end = X509_gmtime_adj(nil, until * 86_400)
        X509_CRL_set1_lastUpdate(list, yesterday)
        X509_CRL_set1_nextUpdate(list, end)
        for one in revoked {
            let entry = X509_REVOKED_new()
            X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one.certificate))
            X509_REVOKED_set_revocationDate(entry, yesterday)
            X509_CRL_add0_revoked(list, entry)
        }
        ASN1_TIME_free(yesterday)
        ASN1_TIME_free(end)
        X509_CRL_sort(list)
        X509_CRL_sign(list, key, EVP_sha256())
        PEM_write_bio_X509_CRL(file, list)
        X509_CRL_free(list)
    }
}
