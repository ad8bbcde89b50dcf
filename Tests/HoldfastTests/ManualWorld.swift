import Locking
import Testing
import WorldInterface

@testable import Holdfast

/// A world whose time stands still until the test moves it, and whose loop turns only when the test turns it.
///
/// Everything happens on the test's own thread, in one order: the same calls give the same run.
final class ManualWorld: World, LoopExecutor, @unchecked Sendable {
    // Sound as Sendable: all state is behind the lock; jobs and timers run outside of it, on the one thread that turns.
    private struct State {
        var jobs: [UnownedJob] = []
        var now: UInt64 = 1_000_000_000
        var timers: [ObjectIdentifier: ManualTimer] = [:]
        var seed: UInt64
        var isTurning = false
        var streams: [ManualStream] = []
        var connects: [(endpoint: Endpoint, tls: TLSClientOptions?)] = []
    }

    private let state: Lock<State>

    init(seed: UInt64 = 1) { state = Lock(State(seed: seed)) }

    var executor: any LoopExecutor { self }
    var now: Instant { Instant(nanoseconds: state.withLock { $0.now }) }
    var wallClockMilliseconds: Int64 { Int64(now.nanoseconds / 1_000_000) }

    func makeSeed() -> UInt64 {
        state.withLock { state in
            state.seed &+= 0x9E37_79B9_7F4A_7C15
            return state.seed
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
    func checkIsolated() { precondition(state.withLock { $0.isTurning }, "not on the manual loop") }
    func isIsolatingCurrentContext() -> Bool? { state.withLock { $0.isTurning } }

    // MARK: - Turning

    /// Runs all jobs that are waiting, and those that they add.
    func turn() { while turnOnce() {} }

    /// Runs one job; false where none waits.
    @discardableResult
    func turnOnce() -> Bool {
        guard let job = state.withLock({ $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }) else { return false }
        state.withLock { $0.isTurning = true }
        job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        state.withLock { $0.isTurning = false }
        return true
    }

    /// Runs a body as if the network had called from the loop, then turns.
    func onLoop(_ body: () -> Void) {
        state.withLock { $0.isTurning = true }
        body()
        state.withLock { $0.isTurning = false }
        turn()
    }

    /// Moves the time, firing the timers that come due on the way in their order.
    func advance(by duration: Duration) {
        turn()
        let end = now + duration
        while let timer = nextTimer(until: end) {
            state.withLock { $0.now = max($0.now, timer.due) }
            onLoop { timer.fireNow() }
        }
        state.withLock { $0.now = end.nanoseconds }
        turn()
    }

    /// The next moment for which a timer is armed.
    var nextDue: Instant? {
        state.withLock { state in state.timers.values.map(\.due).filter { $0 != .max }.min() }.map(Instant.init)
    }

    /// Moves the time and fires nothing, as if the loop were just about to. Not into the past.
    func pass(until instant: Instant) { state.withLock { $0.now = max($0.now, instant.nanoseconds) } }

    /// Fires what is armed although it is not due: a timer of the system may be early.
    func fireEarly() {
        for timer in state.withLock({ $0.timers.values.filter { $0.due != .max } }) { onLoop { timer.fireNow() } }
    }

    private func nextTimer(until end: Instant) -> ManualTimer? {
        state.withLock { state in
            state.timers.values.filter { $0.due <= end.nanoseconds }.min { $0.due < $1.due }
        }
    }

    /// Timers that were made and not closed.
    var openTimerCount: Int { state.withLock { $0.timers.count } }
    var armedTimerCount: Int { state.withLock { state in state.timers.values.filter { $0.due != .max }.count } }

    // MARK: - The seam

    func makeTimer(_ fire: @escaping () -> Void) -> any DeadlineTimer {
        let timer = ManualTimer(world: self, fire: fire)
        state.withLock { $0.timers[ObjectIdentifier(timer)] = timer }
        return timer
    }

    fileprivate func forget(_ timer: ManualTimer) {
        state.withLock { _ = $0.timers.removeValue(forKey: ObjectIdentifier(timer)) }
    }

    func connect(
        to endpoint: Endpoint, tls: TLSClientOptions?, transport: TransportOptions, handler: any StreamHandler
    ) -> any ByteStream {
        let stream = ManualStream(handler: handler)
        state.withLock { state in
            state.streams.append(stream)
            state.connects.append((endpoint, tls))
        }
        return stream
    }

    /// Where each of them was to go.
    var connects: [(endpoint: Endpoint, tls: TLSClientOptions?)] { state.withLock { $0.connects } }

    /// The streams that were asked for, oldest first.
    var streams: [ManualStream] { state.withLock { $0.streams } }

    func listen(
        on endpoint: Endpoint, tls: TLSServerOptions?, accept: @escaping (any ByteStream) -> (any StreamHandler)?
    ) throws(NetworkError) -> any Listener {
        throw NetworkError(.unreachable, "these tests have no network")
    }

    nonisolated(nonsending) func perform(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse {
        throw NetworkError(.unreachable, "these tests have no network")
    }
}

/// Used only from the thread that turns the world.
final class ManualTimer: DeadlineTimer, @unchecked Sendable {
    // Sound as Sendable: only the one thread that turns the world touches it.
    private let world: ManualWorld
    private let fire: () -> Void
    fileprivate var due = UInt64.max

    init(world: ManualWorld, fire: @escaping () -> Void) {
        self.world = world
        self.fire = fire
    }

    func arm(at instant: Instant) { due = instant.nanoseconds }
    func disarm() { due = .max }
    func close() { world.forget(self) }

    fileprivate func fireNow() {
        due = .max
        fire()
    }
}

/// A stream whose other end is the test. Used only from the thread that turns the world.
final class ManualStream: ByteStream, @unchecked Sendable {
    // Sound as Sendable: only the one thread that turns the world touches it.
    private var handler: (any StreamHandler)?
    /// What was written since `takeWritten`.
    private(set) var written: [UInt8] = []
    private(set) var isPaused = false
    private(set) var isClosed = false
    var queuedByteCount = 0
    let peerDescription = "manual"

    init(handler: any StreamHandler) { self.handler = handler }

    func write(_ bytes: UnsafeRawBufferPointer) { if !isClosed { written.append(contentsOf: bytes) } }
    func pauseReading() { isPaused = true }
    func resumeReading() { isPaused = false }
    func finishWriting() {}
    func close() { isClosed = true }
    func reset() { isClosed = true }

    func takeWritten() -> [UInt8] {
        defer { written = [] }
        return written
    }

    func open() { handler?.streamOpened() }

    func receive(_ bytes: [UInt8]) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: bytes.count + streamBufferPadding, alignment: 16)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        handler?.streamReceived(UnsafeMutableRawBufferPointer(rebasing: buffer[..<bytes.count]))
    }

    /// What a real stream does on the turn after `close`, or when the network ends it.
    func end(_ reason: StreamClosure) {
        handler?.streamClosed(reason)
        handler = nil
    }
}
