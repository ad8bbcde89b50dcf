internal import COpenSSL
import WorldInterface

/// What OpenSSL says went wrong, other than with the server's certificate, in words. `reason` is that of ERR_GET_REASON(3);
/// above 1000 it is an alert of the peer (RFC 8446 §6.2).
enum TLSFailure {
    /// - Parameters:
    ///   - code: of ERR_peek_last_error(3); 0 where there is none.
    ///   - peer: host and port.
    ///   - hasCertificate: whether the client has one to show.
    ///   - isOpen: whether the handshake was complete.
    static func error(_ code: UInt, peer: String, hasCertificate: Bool, isOpen: Bool) -> NetworkError {
        let reason = holdfast_error_library(code) == ERR_LIB_SSL ? holdfast_error_reason(code) : 0
        if reason == SSL_R_UNEXPECTED_EOF_WHILE_READING { return truncation(peer) }
        if isOpen, reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE {
            return NetworkError(
                .tlsFailed,
                "\(peer) ended TLS by a handshake failure; if it wanted to negotiate anew, which is refused, let it use"
                    + " TLS 1.3")
        }
        return NetworkError(.tlsFailed, words(reason, peer, hasCertificate) ?? other(code, peer))
    }

    /// An end of TCP without close_notify (RFC 8446 §6.1): anybody on the way could have brought it about.
    static func truncation(_ peer: String) -> NetworkError {
        NetworkError(
            .reset, "the connection to \(peer) ended without TLS's close_notify: what was on its way may be cut off")
    }

    static func abruptEnd(_ peer: String) -> NetworkError {
        NetworkError(
            .tlsFailed, "\(peer) ended the connection during the TLS handshake; does it speak TLS on this port?")
    }

    /// The server's verdict on the client's certificate.
    static func expired(_ peer: String) -> String {
        "\(peer) says that the client certificate (--client-certificate) has expired; renew it"
    }

    private static func words(_ reason: Int32, _ peer: String, _ hasCertificate: Bool) -> String? {
        let mine = "the client certificate (--client-certificate)"
        let alert = reason - SSL_AD_REASON_OFFSET
        switch reason {
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG:
            return "\(peer) does not answer in TLS; is this the port of a plain server (http instead of https)?"
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, SSL_R_VERSION_TOO_LOW:
            return "\(peer) offers no TLS 1.2 or newer; enable it on the server"
        case SSL_R_DH_KEY_TOO_SMALL, SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_MD_TOO_WEAK, SSL_R_WRONG_SIGNATURE_TYPE:
            return "\(peer) uses keys or signatures that are too weak; renew its certificate and configuration"
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return "\(peer) wants to see a client certificate; give one (--client-certificate, --client-key)"
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return hasCertificate
                ? "\(peer) refused the handshake: it has no version or cipher in common, or does not accept \(mine)"
                : "\(peer) refused the handshake: it has no version or cipher in common, or wants to see a client"
                    + " certificate (--client-certificate, --client-key)"
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
            return "\(peer) does not know the authority of \(mine); give one that the server's operator accepts"
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: return expired(peer)
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED: return "\(peer) says that \(mine) is revoked; get a new one"
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
            SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, SSL_R_TLSV1_ALERT_ACCESS_DENIED, SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
            return "\(peer) does not accept "
                + (hasCertificate ? mine : "a client without certificate (--client-certificate)")
        case SSL_R_TLSV1_UNRECOGNIZED_NAME:
            return "\(peer) has no certificate for this name; is the address right?"
        case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
            return "\(peer) speaks none of the protocols offered (ALPN): it must accept HTTP/1.1 there"
        default:
            guard alert > 0, alert < 256 else { return nil }
            return "\(peer) ended TLS: \(String(cString: SSL_alert_desc_string_long(alert)))"
        }
    }

    private static func other(_ code: UInt, _ peer: String) -> String {
        guard code != 0, let text = ERR_reason_error_string(code) else {
            return "TLS with \(peer) failed; is this a TLS server?"
        }
        return "TLS with \(peer) failed: \(String(cString: text)); is this a TLS server, with TLS 1.2 or newer?"
    }
}
