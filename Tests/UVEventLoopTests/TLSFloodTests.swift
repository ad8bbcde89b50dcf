import COpenSSL
import TestCertificates
import Testing
import WorldInterface

@testable import UVEventLoop

/// A TLS server that asks for new keys without end, and reads nothing once the handshake is done.
private final class KeyFlood: StreamHandler {
    private let ssl: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private let context: OpaquePointer
    var stream: (any ByteStream)?
    private(set) var sent = 0
    private(set) var isOver = false

    init?(_ identity: TLSServerOptions) {
        guard let context = SSL_CTX_new(TLS_server_method()),
            SSL_CTX_use_certificate_chain_file(context, identity.certificateChainFile) == 1,
            SSL_CTX_use_PrivateKey_file(context, identity.privateKeyFile, SSL_FILETYPE_PEM) == 1,
            let ssl = SSL_new(context), let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem())
        else { return nil }
        (self.context, self.ssl, self.incoming, self.outgoing) = (context, ssl, incoming, outgoing)
        SSL_set_bio(ssl, incoming, outgoing)
        SSL_set_accept_state(ssl)
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    func streamOpened() {}
    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        BIO_write(incoming, bytes.baseAddress, Int32(bytes.count))
        guard SSL_do_handshake(ssl) == 1 else { return send() }
        stream?.pauseReading()
        send()
        flood()
    }
    /// As much as TCP takes, so that this server is not what grows.
    func streamDrained() { flood() }
    func streamClosed(_ reason: StreamClosure) {
        isOver = true
        stream = nil
    }

    private func flood() {
        while let stream, stream.queuedByteCount == 0, sent < 64 << 20 {
            for _ in 0..<100 {
                guard SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1, SSL_do_handshake(ssl) == 1 else { return }
            }
            send()
        }
    }

    private func send() {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = BIO_read(outgoing, &buffer, Int32(buffer.count)), count > 0 {
            sent += Int(count)
            stream?.write(Array(buffer[..<Int(count)]))
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct TLSFloodTests {
    /// Each request for new keys (RFC 8446 §4.6.3) is answered; a peer that does not read the answers is cut off before they
    /// fill our memory.
    @Test func aServerThatAsksForKeysWithoutEndIsCutOff() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let server = try #require(KeyFlood(certificates.server))
            let listener = try rig.loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { stream in
                server.stream = stream
                return server
            }
            let client = TLSTranscript()
            client.stream = rig.loop.connect(
                to: Endpoint(host: "127.0.0.1", port: listener.port),
                tls: TLSClientOptions(certificateAuthorityFile: certificates.authorityFile), handler: client)
            await client.untilClosed()
            #expect(client.closure?.kind == .tlsFailed)
            #expect(client.closure?.message.contains("does not read") == true, "\(client.closure?.message ?? "")")
            server.stream?.close()
            listener.close()
        }
    }
}
