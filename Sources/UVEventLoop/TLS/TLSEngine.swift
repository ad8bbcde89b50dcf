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
    private let context: TLSContext
    /// Of a client: where it connects to.
    private let endpoint: Endpoint
    private var keepsBuffer = false
    private var isOpen = false
    private var hasNewSession = false

    /// A client that checks that the certificate is for the endpoint's host, a name or a numeric address.
    init(client context: TLSContext, to endpoint: Endpoint, isNumeric: Bool) throws(NetworkError) {
        (ssl, incoming, outgoing) = try TLSEngine.make(context)
        self.context = context
        self.endpoint = endpoint
        incoming.setOwner(self)
        SSL_set_connect_state(ssl)
        if isNumeric {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), endpoint.host)
        } else {
            _ = holdfast_ssl_set_server_name(ssl, endpoint.host)
            SSL_set1_host(ssl, endpoint.host)
        }
        if let known = context.sessions?.take(for: endpoint, in: context) { SSL_set_session(ssl, known.session) }
    }

    init(server context: TLSContext) throws(NetworkError) {
        (ssl, incoming, outgoing) = try TLSEngine.make(context)
        self.context = context
        endpoint = Endpoint(host: "", port: 0)
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

    deinit {
        // Else OpenSSL spoils the session of a connection that was merely dropped; RFC 5246 §7.2.1 wants that no longer.
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        SSL_free(ssl)
    }

    /// A session that the server offers for the next time. Takes over a reference.
    func keep(_ session: OpaquePointer) {
        context.sessions?.insert(TLSSession(owning: session), of: context, for: endpoint)
        hasNewSession = true
    }

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
        guard status == 1 else { return progress(status) }
        // What was offered has served; a connection need not keep it.
        SSL_set_alpn_protos(ssl, nil, 0)
        isOpen = true
        return .done
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
        let outcome = progress(status)
        guard case .needsInput = outcome else { return outcome }
        // What was there had no plaintext, as a ticket of TLS 1.3, or not all of it. Another attempt gives the buffer back,
        // and lets the next write do so too.
        if keepsBuffer { return read(into: buffer, count: &count) }
        if hasNewSession {
            // For a ticket OpenSSL also takes a buffer to write with, which an idle connection would keep.
            hasNewSession = false
            holdfast_ssl_free_idle_buffers(ssl)
        }
        return outcome
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
        let code = ERR_peek_last_error()
        context.sessions?.forget(endpoint, in: context)
        if SSL_get_verify_result(ssl) != Int(X509_V_OK), let fault = context.verification.takeFault() {
            return fault.error(endpoint.host)
        }
        return TLSFailure.error(
            code, peer: peer, hasCertificate: SSL_get_certificate(ssl) != nil, isOpen: isOpen)
    }

    /// The end of TCP without close_notify.
    var truncation: NetworkError { TLSFailure.truncation(peer) }

    /// The end of TCP within the handshake.
    var abruptEnd: NetworkError { TLSFailure.abruptEnd(peer) }

    /// The peer asks for more than it reads.
    var unreadAnswers: NetworkError {
        NetworkError(.tlsFailed, "\(peer) asks for answers of TLS and does not read them")
    }

    private var peer: String { endpoint.host.isEmpty ? "the client" : endpoint.description }
}
