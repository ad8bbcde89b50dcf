import COpenSSLReference
import Dispatch
import UVEventLoop
import WorldInterface

/// Two ends of one connection on two loops: one sends a burst whenever the other asks for it.
final class BurstPair: Sendable {
    private let receiving: EventLoop
    private let sending: EventLoop
    private let receiver: BurstReceiver
    private let sender = BurstSender()

    /// - Parameter identity: files of a certificate and its key; nil for plain TCP.
    init(identity: (certificate: String, key: String)?) async throws {
        receiving = try EventLoop.start(name: identity == nil ? "receive TCP" : "receive TLS")
        sending = try EventLoop.start(name: "sending")
        let (sender, sending, receiving) = (sender, sending, receiving)
        receiver = BurstReceiver(
            on: receiving,
            ask: { sent in
                Task(executorPreference: sending) {
                    sender.sendBurst()
                    sent.signal()
                }
            })
        let server = identity.map {
            TLSServerOptions(certificateChainFile: $0.certificate, privateKeyFile: $0.key)
        }
        let port = try await Task(executorPreference: sending) {
            try sender.listen(on: sending, tls: server)
        }.value
        let receiver = receiver
        await Task(executorPreference: receiving) {
            await receiver.connect(
                to: port,
                tls: identity.map { TLSClientOptions(certificateAuthorityFile: $0.certificate) })
        }.value
    }

    /// CPU nanoseconds that receiving cost the thread.
    func receive(_ recordBytes: Int, _ records: Int, _ bursts: Int) async throws -> UInt64 {
        let (sender, receiver) = (sender, receiver)
        await Task(executorPreference: sending) { sender.prepare(recordBytes, records) }.value
        let spent = await Task(executorPreference: receiving) {
            await receiver.receive(recordBytes * records, bursts)
        }.value
        guard let spent else { throw NetworkError(.reset, "the connection of the benchmark ended") }
        return spent
    }

    func close() async throws {
        let (sender, receiver) = (sender, receiver)
        await Task(executorPreference: receiving) { receiver.close() }.value
        await Task(executorPreference: sending) { sender.close() }.value
        try await Task.sleep(for: .milliseconds(50))
        try receiving.stop()
        try sending.stop()
    }
}

/// Sound as Sendable: touched on its loop only.
private final class BurstSender: StreamHandler, @unchecked Sendable {
    private var listener: (any Listener)?
    private var stream: (any ByteStream)?
    private var record: [UInt8] = []
    private var records = 0

    func listen(on loop: EventLoop, tls: TLSServerOptions?) throws -> UInt16 {
        let listener = try loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: tls) { [self] stream in
            self.stream = stream
            return self
        }
        self.listener = listener
        return listener.port
    }

    func prepare(_ recordBytes: Int, _ records: Int) {
        record = [UInt8](repeating: 0x78, count: recordBytes)
        self.records = records
    }

    /// Each write is a record.
    func sendBurst() { for _ in 0..<records { stream?.write(record) } }

    func close() {
        listener?.close()
        stream?.close()
    }

    func streamOpened() {}
    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {}
    func streamDrained() {}
    func streamClosed(_ reason: StreamClosure) { stream = nil }
}

/// Sound as Sendable: touched on its loop only.
private final class BurstReceiver: StreamHandler, @unchecked Sendable {
    private let loop: EventLoop
    /// Has a burst sent, and signals when it has been.
    private let ask: @Sendable (DispatchSemaphore) -> Void
    private let sent = DispatchSemaphore(value: 0)
    private var stream: (any ByteStream)?
    private var opened: CheckedContinuation<Void, Never>?
    private var done: CheckedContinuation<UInt64?, Never>?
    private var burstBytes = 0
    private var left = 0
    private var received = 0
    private var start: UInt64 = 0

    init(on loop: EventLoop, ask: @escaping @Sendable (DispatchSemaphore) -> Void) {
        self.loop = loop
        self.ask = ask
    }

    nonisolated(nonsending) func connect(to port: UInt16, tls: TLSClientOptions?) async {
        await withCheckedContinuation { continuation in
            opened = continuation
            stream = loop.connect(to: Endpoint(host: "127.0.0.1", port: port), tls: tls, handler: self)
        }
    }

    /// Nil when the connection ended.
    nonisolated(nonsending) func receive(_ burstBytes: Int, _ bursts: Int) async -> UInt64? {
        self.burstBytes = burstBytes
        left = bursts
        received = 0
        return await withCheckedContinuation { continuation in
            done = continuation
            start = reference_thread_cpu()
            askForBurst()
        }
    }

    /// Blocks the loop until the kernel has all of the burst, so that it is read as a whole.
    private func askForBurst() {
        ask(sent)
        sent.wait()
    }

    func close() { stream?.close() }

    func streamOpened() {
        opened?.resume()
        opened = nil
    }

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        received += bytes.count
        guard received >= burstBytes else { return }
        received = 0
        left -= 1
        if left > 0 { return askForBurst() }
        done?.resume(returning: reference_thread_cpu() - start)
        done = nil
    }

    func streamDrained() {}
    func streamClosed(_ reason: StreamClosure) {
        stream = nil
        streamOpened()
        done?.resume(returning: nil)
        done = nil
    }
}
