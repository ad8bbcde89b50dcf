internal import COpenSSL
import WorldInterface

/// Notes why OpenSSL refuses a certificate while that certificate is at hand: afterwards only a number is left.
///
/// One for each `SSL_CTX`. A handshake ends within the call that refuses, on the loop, so whoever made that call finds its
/// own note here.
final class Verification {
    private var fault: CertificateFault?
    /// Whom the server's certificate is for. Only of use to libcurl, which compares it with the host when OpenSSL is done.
    private(set) var serverNames = ""
    private let notesNames: Bool

    init(notesNames: Bool = false) { self.notesNames = notesNames }

    /// Once for each context, which keeps this object alive: libcurl's outlives its request.
    func watch(_ context: OpaquePointer) {
        SSL_CTX_set_ex_data(context, Verification.index, Unmanaged.passRetained(self).toOpaque())
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER) { isGood, store in
            guard let store, let verification = Verification.of(store) else { return isGood }
            verification.note(isGood != 0, store)
            return isGood
        }
    }

    /// What was noted last, once.
    func takeFault() -> CertificateFault? {
        defer { fault = nil }
        return fault
    }

    private func note(_ isGood: Bool, _ store: OpaquePointer) {
        if !isGood {
            fault = CertificateFault(store)
        } else if notesNames, X509_STORE_CTX_get_error_depth(store) == 0,
            let leaf = X509_STORE_CTX_get_current_cert(store)
        {
            serverNames = CertificateFault.names(of: leaf)
        }
    }

    private static func of(_ store: OpaquePointer) -> Verification? {
        guard let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let context = SSL_get_SSL_CTX(OpaquePointer(ssl)), let data = SSL_CTX_get_ex_data(context, index)
        else { return nil }
        return Unmanaged<Verification>.fromOpaque(data).takeUnretainedValue()
    }

    /// Where a context has its object; released with the context.
    private static let index = CRYPTO_get_ex_new_index(
        CRYPTO_EX_INDEX_SSL_CTX, 0, nil, nil, nil,
        { _, data, _, _, _, _ in if let data { Unmanaged<Verification>.fromOpaque(data).release() } })
}

/// Why a certificate was refused, in words. The codes are those of X509_STORE_CTX_get_error(3).
struct CertificateFault {
    private let code: Int32
    /// 0: the server's own; above: an authority's.
    private let depth: Int32
    private let subject: String
    private let issuer: String
    private let names: String
    private let beginning: String
    private let expiry: String
    private let listExpiry: String
    /// Certificates that the server sent besides its own.
    private let companionCount: Int32

    fileprivate init(_ store: OpaquePointer) {
        code = X509_STORE_CTX_get_error(store)
        depth = X509_STORE_CTX_get_error_depth(store)
        companionCount = holdfast_companion_count(store)
        let certificate = X509_STORE_CTX_get_current_cert(store)
        subject = certificate.map { CertificateFault.name(X509_get_subject_name($0)) } ?? ""
        issuer = certificate.map { CertificateFault.name(X509_get_issuer_name($0)) } ?? ""
        names = certificate.map(CertificateFault.names) ?? ""
        beginning = certificate.map { CertificateFault.day(X509_get0_notBefore($0)) } ?? ""
        expiry = certificate.map { CertificateFault.day(X509_get0_notAfter($0)) } ?? ""
        let list = X509_STORE_CTX_get0_current_crl(store)
        listExpiry = list.map { CertificateFault.day(X509_CRL_get0_nextUpdate($0)) } ?? ""
    }

    func error(_ host: String) -> NetworkError {
        switch code {
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            CertificateFault.mismatch(host, names: names.isEmpty ? subject : names)
        default: NetworkError(.tlsUntrusted, words(host))
        }
    }

    static func mismatch(_ host: String, names: String) -> NetworkError {
        let owner = names.isEmpty ? "the server's certificate is" : "the server's certificate is for \(names),"
        return NetworkError(.tlsHostMismatch, "\(owner) not for \(host); is the address right?")
    }

    private func words(_ host: String) -> String {
        let whose =
            depth == 0
            ? "the certificate of \(host)" : "the certificate of \"\(subject)\", which vouches for \(host),"
        let renew = depth == 0 ? "renew it on the server" : "the server needs a certificate of another authority"
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "\(whose) expired on \(expiry); \(renew)"
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "\(whose) is not valid before \(beginning); is the clock of this machine right?"
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "\(whose) is signed by itself; if you trust it, give it as the authority file (--ca-file)"
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return "the certificate of \(host) comes from an unknown authority, \"\(subject)\""
                + "; if you trust it, give its certificate as the authority file (--ca-file)"
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return unknownIssuer(whose)
        case X509_V_ERR_CERT_REVOKED:
            return "\(whose) was revoked by \"\(issuer)\"; whoever runs the server must replace it"
        case X509_V_ERR_UNABLE_TO_GET_CRL:
            return "the file of revocation lists has none of \"\(issuer)\"; add it (--crl-file)"
        case X509_V_ERR_CRL_HAS_EXPIRED:
            return "the revocation list of \"\(issuer)\" was due to be replaced on \(listExpiry)"
                + "; fetch the new one (--crl-file)"
        case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK:
            return "\(whose) is too weak: \(reason); \(renew)"
        default:
            return "\(whose) is not acceptable: \(reason)"
        }
    }

    /// What the server did not send, and who is not known, look the same from here.
    private func unknownIssuer(_ whose: String) -> String {
        let authority = "give the certificate of \"\(issuer)\" as the authority file (--ca-file) if you trust it"
        guard companionCount == 0 else {
            return "\(whose) comes from an unknown authority, \"\(issuer)\"; \(authority)"
        }
        return "\(whose) comes from \"\(issuer)\", which is unknown here; either the server does not send its"
            + " intermediate certificate, and must be given the whole chain, or this is a private authority: \(authority)"
    }

    private var reason: String { String(cString: X509_verify_cert_error_string(Int(code))) }

    // MARK: - A peer's words, fit for a log

    fileprivate static func names(of certificate: OpaquePointer) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 200) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            holdfast_certificate_names(certificate, start, 200)
            return printable(String(cString: start))
        }
    }

    private static func name(_ name: OpaquePointer?) -> String {
        for part in [NID_commonName, NID_organizationalUnitName, NID_organizationName] {
            let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 80) { buffer in
                guard let start = buffer.baseAddress, X509_NAME_get_text_by_NID(name, part, start, 80) > 0 else {
                    return ""
                }
                return printable(String(cString: start))
            }
            if !text.isEmpty { return text }
        }
        return "an authority without a name"
    }

    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }

    /// UTC, as 2026-11-01.
    private static func day(_ time: UnsafePointer<ASN1_TIME>?) -> String {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return "an unknown day" }
        let two = { (number: Int32) in (number < 10 ? "0" : "") + String(number) }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    }
}
