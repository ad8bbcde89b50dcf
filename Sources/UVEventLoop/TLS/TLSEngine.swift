internal import COpenSSL
import WorldInterface

/// TLS without I/O: ciphertext in, plaintext out, and the reverse. OpenSSL takes the ciphertext where it was read to, and
/// leaves its own in a memory BIO.
final class TLSEngine {
    enum Progress {
        /// More ciphertext is needed.
        case needsInput
        case done
        /// The peer said close_notify.
        case ended
        case failed(NetworkError)
    }

    private let ssl: OpaquePointer
    private let incoming: Ciphertext
    private let outgoing: OpaquePointer
    private var keepsBuffer = false
    private let isNumericName: Bool
    private let serverName: String

    /// A client that checks the certificate for `serverName`, a name or a numeric address.
    init(client context: TLSContext, serverName: String, isNumeric: Bool) throws(NetworkError) {
        (ssl, incoming, outgoing) = try TLSEngine.make(context)
        self.serverName = serverName
        isNumericName = isNumeric
        SSL_set_connect_state(ssl)
        if isNumeric {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), serverName)
        } else {
            _ = holdfast_ssl_set_server_name(ssl, serverName)
            SSL_set1_host(ssl, serverName)
        }
    }

    init(server context: TLSContext) throws(NetworkError) {
        (ssl, incoming, outgoing) = try TLSEngine.make(context)
        serverName = ""
        isNumericName = false
        SSL_set_accept_state(ssl)
    }

    private static func make(
        _ context: TLSContext
    ) throws(NetworkError) -> (ssl: OpaquePointer, incoming: Ciphertext, outgoing: OpaquePointer) {
        let incoming = Ciphertext()
        guard let ssl = SSL_new(context.context), let source = incoming.makeBIO(), let outgoing = BIO_new(BIO_s_mem())
        else { throw NetworkError(.tlsFailed, "OpenSSL is out of memory") }
        // The SSL owns both from here.
        SSL_set_bio(ssl, source, outgoing)
        return (ssl, incoming, outgoing)
    }

    deinit { SSL_free(ssl) }

    /// Offers `ciphertext`, which is only lent: what has not been read before its owner takes it back must be kept by
    /// `keepRest`.
    func feed(_ ciphertext: UnsafeRawBufferPointer) { incoming.lend(ciphertext) }

    func keepRest() { incoming.keepRest() }

    /// Ciphertext that waits to be sent is handed over in pieces and is gone from here.
    func drain(_ send: (UnsafeRawBufferPointer) -> Void) {
        guard BIO_ctrl_pending(outgoing) > 0 else { return }
        // A whole record (RFC 8446 §5.2) fits, so that none is cut into two packets.
        withUnsafeTemporaryAllocation(byteCount: 17 << 10, alignment: 16) { buffer in
            while BIO_ctrl_pending(outgoing) > 0 {
                let count = BIO_read(outgoing, buffer.baseAddress, Int32(buffer.count))
                guard count > 0 else { return }
                send(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]))
            }
        }
    }

    func handshake() -> Progress {
        holdfast_ssl_forget_errors()
        let status = SSL_do_handshake(ssl)
        return status == 1 ? .done : progress(status)
    }

    /// Decrypts into `buffer`; `count` is set when `done`.
    func read(into buffer: UnsafeMutableRawBufferPointer, count: inout Int) -> Progress {
        keepBufferForNextRecord()
        holdfast_ssl_forget_errors()
        let status = SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count))
        guard status <= 0 else {
            count = Int(status)
            return .done
        }
        return progress(status)
    }

    /// To take a buffer for each record, and give it back after it, costs a tenth of decrypting a short one. An idle
    /// connection has none all the same: the attempt to read that finds nothing more gives it back.
    private func keepBufferForNextRecord() {
        let keeps = !incoming.isEmpty
        guard keeps != keepsBuffer else { return }
        keepsBuffer = keeps
        holdfast_ssl_set_releases_buffer(ssl, keeps ? 0 : 1)
    }

    func write(_ plaintext: UnsafeRawBufferPointer) -> NetworkError? {
        var left = plaintext
        while left.count > 0 {
            holdfast_ssl_forget_errors()
            let status = SSL_write(ssl, left.baseAddress, Int32(clamping: left.count))
            guard status > 0 else {
                if case .failed(let error) = progress(status) { return error }
                return NetworkError(.tlsFailed, "TLS cannot send")
            }
            left = UnsafeRawBufferPointer(rebasing: left[Int(status)...])
        }
        return nil
    }

    /// Queues close_notify.
    func close() {
        holdfast_ssl_forget_errors()
        SSL_shutdown(ssl)
    }

    /// Must directly follow the operation: any other call may change what OpenSSL remembers.
    private func progress(_ status: Int32) -> Progress {
        switch SSL_get_error(ssl, status) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .needsInput
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: return .failed(failure())
        }
    }

    private func failure() -> NetworkError {
        let verification = SSL_get_verify_result(ssl)
        switch Int32(verification) {
        case X509_V_OK: break
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            return NetworkError(
                .tlsHostMismatch, "the server's certificate is not for \(serverName); is the address right?")
        default:
            return NetworkError(
                .tlsUntrusted,
                "the server's certificate is not trusted: \(String(cString: X509_verify_cert_error_string(verification)))"
                    + "; if it has a private authority, give its file")
        }
        let code = ERR_peek_last_error()
        guard code != 0, let reason = ERR_reason_error_string(code) else {
            return NetworkError(.tlsFailed, "the TLS handshake failed; is this a TLS server?")
        }
        return NetworkError(
            .tlsFailed, "TLS failed: \(String(cString: reason)); is this a TLS server, with TLS 1.2 or newer?")
    }
}
