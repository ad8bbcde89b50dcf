internal import CCurl
internal import COpenSSL
import WorldInterface

/// TLS of a request: the same options and words as those of a stream, as far as libcurl lets us.
extension HTTPTransfer {
    /// The files by libcurl's own options, which also keep connections of different options apart; and where its OpenSSL
    /// is ours, trust and identity from `context`, which has read them once.
    func configureTLS(_ options: TLSClientOptions) {
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = options.certificateAuthorityFile {
            set(CURLOPT_CAINFO, file)
            holdfast_setopt_string(easy, CURLOPT_CAPATH, nil)
        }
        if let file = options.revocationListFile { set(CURLOPT_CRLFILE, file) }
        if let chain = options.certificateChainFile {
            set(CURLOPT_SSLCERT, chain)
            set(CURLOPT_SSLKEY, options.privateKeyFile ?? chain)
            // Else a file that is encrypted by now would be asked about at the terminal.
            set(CURLOPT_KEYPASSWD, "")
        }
        if options.applicationProtocols == ["http/1.1"] { set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) }
        // libcurl would lend it to a proxy that speaks TLS as well, which must not see the client's certificate.
        guard tls != nil, HTTPTransfer.sharesOpenSSL, proxy?.isSecure != true else { return }
        holdfast_setopt_pointer(easy, CURLOPT_SSL_CTX_DATA, Unmanaged.passUnretained(self).toOpaque())
        holdfast_setopt_context_function(easy, CURLOPT_SSL_CTX_FUNCTION) { _, context, transfer in
            guard let context, let transfer else { return CURLE_SSL_CERTPROBLEM }
            let this = Unmanaged<HTTPTransfer>.fromOpaque(transfer).takeUnretainedValue()
            this.tls?.lend(to: OpaquePointer(context), noting: this.verification)
            return CURLE_OK
        }
    }

    /// Nil where it was something else.
    func tlsFailure(_ code: CURLcode) -> NetworkError? {
        let hasCertificate = request.tls.certificateChainFile != nil
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION:
            if let fault = verification.takeFault() { return fault.error(host) }
            // libcurl compares the names itself, and has no code of its own for it.
            if words.contains("match") { return CertificateFault.mismatch(host, names: verification.serverNames) }
            // Nor has it one for this verdict of the server's.
            if hasCertificate, HTTPTransfer.sharesOpenSSL {
                return NetworkError(.tlsFailed, TLSFailure.expired(authority))
            }
            return NetworkError(.tlsUntrusted, "the certificate of \(host) is not acceptable: \(words)")
        case CURLE_SSL_CONNECT_ERROR where reportedCode == 0:
            guard !words.isEmpty, !words.contains("SSL_ERROR_SYSCALL") else { return TLSFailure.abruptEnd(authority) }
            return NetworkError(.tlsFailed, "\(authority): \(words); does it speak TLS on this port?")
        case CURLE_SSL_CONNECT_ERROR, CURLE_SEND_ERROR, CURLE_RECV_ERROR:
            guard reportedCode != 0 else { return nil }
            return TLSFailure.error(
                reportedCode, peer: authority, hasCertificate: hasCertificate, isOpen: code != CURLE_SSL_CONNECT_ERROR)
        case CURLE_GOT_NOTHING where isPlain:
            // So do TLS servers, and servers that are just restarted.
            return NetworkError(
                .reset, "\(authority) ended the connection without an answer; if it speaks TLS on this port, use https")
        case CURLE_UNSUPPORTED_PROTOCOL where isPlain && words.contains("HTTP/0.9"),
            CURLE_WEIRD_SERVER_REPLY where isPlain:
            return HTTPTransfer.looksLikeTLS(authority)
        default: return nil
        }
    }

    static func looksLikeTLS(_ authority: String) -> NetworkError {
        NetworkError(
            .malformed, "\(authority) does not answer plain HTTP; this looks like TLS: use https instead of http")
    }

    var isPlain: Bool { request.url.lowercased().hasPrefix("http:") }

    /// The URL's host and port, as far as it names one.
    var authority: String {
        let parts = request.urlWithoutSecrets.split(separator: "/", maxSplits: 2)
        return parts.count > 1 ? String(parts[1]) : "the server"
    }

    /// Without port and brackets.
    private var host: String {
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }

    /// libcurl's own words about the failure.
    private var words: String { String(cString: errorText) }

    /// OpenSSL's code, which libcurl tells in the form "error:0A000102:SSL routines:…"; 0 where there is none.
    private var reportedCode: UInt {
        let pieces = words.split(separator: ":", maxSplits: 8).drop { !$0.hasSuffix("error") }
        return pieces.dropFirst().first.flatMap { UInt($0, radix: 16) } ?? 0
    }

    /// Whether libcurl was built on the OpenSSL that is used here: only then may its contexts be touched.
    private static let sharesOpenSSL: Bool = {
        guard let text = holdfast_curl_tls_version(),
            let mine = OpenSSL_version(OPENSSL_FULL_VERSION_STRING)
        else { return false }
        return String(cString: text) == "OpenSSL/" + String(cString: mine)
    }()
}
