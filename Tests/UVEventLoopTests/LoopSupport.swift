import Testing
import UVEventLoop
import WorldInterface

/// Longer than any test may take; a wait that lasts as long has failed.
let safetyTimeout = Duration.seconds(20)

/// Runs `body` on a fresh loop; `stop` throws if it leaves a handle open.
@discardableResult
func withLoop<Value: Sendable>(_ body: @Sendable (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop.start(name: "test")
    let result: Result<Value, any Error>
    do {
        result = .success(try await loop.run { () async throws in try await body(loop) })
    } catch {
        result = .failure(error)
    }
    try loop.stop()
    return try result.get()
}

/// Lets a task on the loop wait for a condition that callbacks on the same loop bring about. Loop-confined.
final class Signal {
    private let loop: EventLoop
    private var waiter: (isMet: () -> Bool, resume: () -> Void)?

    init(_ loop: EventLoop) { self.loop = loop }

    /// To be called after each event.
    func check() {
        guard let waiter, waiter.isMet() else { return }
        self.waiter = nil
        waiter.resume()
    }

    func wait(_ what: String, until isMet: @escaping () -> Bool) async {
        if isMet() { return }
        var isLate = false
        let timer = loop.makeTimer { [self] in
            isLate = true
            check()
        }
        timer.arm(at: loop.now + safetyTimeout)
        await withCheckedContinuation { continuation in
            waiter = ({ isLate || isMet() }, { continuation.resume() })
        }
        timer.close()
        if isLate { Issue.record("waited too long for \(what)") }
    }
}

/// Waits for what no callback tells: looks every few milliseconds.
func untilTrue(_ loop: EventLoop, _ what: String, _ isTrue: @escaping () -> Bool) async {
    let signal = Signal(loop)
    var timer: (any DeadlineTimer)?
    timer = loop.makeTimer {
        signal.check()
        timer?.arm(at: loop.now + .milliseconds(5))
    }
    timer?.arm(at: loop.now)
    await signal.wait(what, until: isTrue)
    timer?.close()
}

/// A few turns of the loop.
func turns(_ loop: EventLoop) async {
    var count = 0
    await untilTrue(loop, "a few turns") {
        count += 1
        return count > 3
    }
}

/// Records all that a stream says, and checks the order of its life.
final class Recorder: StreamHandler {
    let signal: Signal
    var openedCount = 0
    var received: [UInt8] = []
    var receivedCount = 0
    var keepsBytes = true
    var drainedCount = 0
    var closure: StreamClosure?
    /// Whether the test is inside a call into the stream: no callback may come then.
    var isCalling = false
    var stream: (any ByteStream)?
    var whenOpened: (Recorder) -> Void = { _ in }
    var whenReceived: (Recorder, UnsafeMutableRawBufferPointer) -> Void = { _, _ in }

    init(_ loop: EventLoop) { signal = Signal(loop) }

    func streamOpened() {
        expectLegalCallback()
        openedCount += 1
        #expect(openedCount == 1)
        whenOpened(self)
        signal.check()
    }

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        expectLegalCallback()
        #expect(openedCount == 1)
        receivedCount += bytes.count
        if keepsBytes { received.append(contentsOf: bytes) }
        whenReceived(self, bytes)
        signal.check()
    }

    func streamDrained() {
        expectLegalCallback()
        drainedCount += 1
        signal.check()
    }

    func streamClosed(_ reason: StreamClosure) {
        expectLegalCallback()
        closure = reason
        stream = nil
        signal.check()
    }

    private func expectLegalCallback() {
        #expect(!isCalling, "called back from inside a call into the stream")
        #expect(closure == nil, "called back after streamClosed")
    }

    /// Calls into the stream.
    func call(_ body: (any ByteStream) -> Void) {
        guard let stream else { return }
        isCalling = true
        body(stream)
        isCalling = false
    }

    func untilOpened() async { await signal.wait("streamOpened") { self.openedCount == 1 } }

    func untilReceived(_ count: Int) async { await signal.wait("\(count) bytes") { self.receivedCount >= count } }

    @discardableResult
    func untilClosed() async -> StreamClosure? {
        await signal.wait("streamClosed") { self.closure != nil }
        return closure
    }
}

extension StreamClosure {
    var kind: NetworkError.Kind? { if case .failed(let error) = self { error.kind } else { nil } }
    var message: String { if case .failed(let error) = self { error.message } else { "" } }
    var isLocal: Bool { if case .closedLocally = self { true } else { false } }
    var isEndOfStream: Bool { if case .endOfStream = self { true } else { false } }
}

/// A listener on a free port of 127.0.0.1 and the streams it accepted.
final class Server {
    var accepted: [Recorder] = []
    let signal: Signal
    private(set) var listener: (any Listener)?

    init(_ loop: EventLoop, host: String = "127.0.0.1", prepare: @escaping (Recorder) -> Void = { _ in }) throws {
        signal = Signal(loop)
        listener = try loop.listen(on: Endpoint(host: host, port: 0), tls: nil) { [self] stream in
            let recorder = Recorder(loop)
            recorder.stream = stream
            prepare(recorder)
            accepted.append(recorder)
            signal.check()
            return recorder
        }
    }

    var endpoint: Endpoint { Endpoint(host: "127.0.0.1", port: listener?.port ?? 0) }

    func untilAccepted(_ count: Int = 1) async -> Recorder {
        await signal.wait("\(count) accepted") { self.accepted.count >= count }
        await accepted[count - 1].untilOpened()
        return accepted[count - 1]
    }

    func close() {
        listener?.close()
        listener = nil
    }
}

/// Connects a recorder.
func connect(_ loop: EventLoop, to endpoint: Endpoint) -> Recorder {
    let recorder = Recorder(loop)
    recorder.isCalling = true
    recorder.stream = loop.connect(to: endpoint, tls: nil, handler: recorder)
    recorder.isCalling = false
    return recorder
}

/// A connected pair of streams; the listener is closed already.
func connectedPair(_ loop: EventLoop) async throws -> (client: Recorder, server: Recorder) {
    let server = try Server(loop)
    let client = connect(loop, to: server.endpoint)
    await client.untilOpened()
    let accepted = await server.untilAccepted()
    server.close()
    return (client, accepted)
}

/// Closes and waits for the end.
func close(_ recorders: Recorder...) async {
    for recorder in recorders {
        recorder.call { $0.close() }
        await recorder.untilClosed()
    }
}

/// Makes the connection with this number and ends it, in one way or another; waits for both ends.
func connectAndClose(_ loop: EventLoop, _ server: Server, count: Int) async {
    let client = connect(loop, to: server.endpoint)
    let accepted = await server.untilAccepted(count)
    await client.untilOpened()
    switch count % 4 {
    case 0: client.call { $0.close() }
    case 1: client.call { $0.reset() }
    case 2: accepted.call { $0.close() }
    default: client.call { $0.finishWriting() }
    }
    await client.untilClosed()
    await accepted.untilClosed()
}
