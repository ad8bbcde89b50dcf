internal import ConnectionLifecycle
public import WorldInterface

/// One process on one machine of a simulation: the world of the actors that live there.
///
/// It can be suspended and resumed, as by SIGSTOP or a laptop's lid: time passes, but not for it. And it can crash: what it
/// had is gone, nothing of its code runs again, and its peers find out by what the network tells them.
public final class SimulatedHost: World, LoopExecutor, @unchecked Sendable {
    // Sound as Sendable: see Simulation.
    enum Condition {
        case running, suspended, crashed
    }

    public let name: String
    /// How it is connected to the others. For streams that this host opens.
    public let link: SimulatedLink
    /// Added to the wall clock, in milliseconds; no logic may care.
    public var wallClockOffset: Int64 = 0
    /// Timers that are open: made, and not closed.
    public private(set) var openTimerCount = 0
    /// Streams that it opened by `connect` and that have not ended, those of `perform` not counted.
    public internal(set) var openStreamCount = 0

    let simulation: Simulation
    private(set) var condition = Condition.running
    private var queue: [UnownedJob] = []
    private var head = 0
    private var isReady = false
    private var generator: SeededGenerator
    /// What would have happened while it was suspended.
    private var held: [Agenda.Entry] = []
    var streams: [UInt64: SimulatedStream] = [:]
    private var nextStream: UInt64 = 0
    private(set) lazy var http = SimulatedHTTP(self)

    init(_ name: String, simulation: Simulation, link: SimulatedLink, seed: UInt64) {
        self.name = name
        self.simulation = simulation
        self.link = link
        generator = SeededGenerator(seed: seed)
        link.simulation = simulation
    }

    // MARK: - World

    public var executor: any LoopExecutor { self }
    public var now: Instant { Instant(nanoseconds: simulation.now) }

    public var wallClockMilliseconds: Int64 {
        Simulation.dawn + Int64(simulation.now / 1_000_000) + wallClockOffset
    }

    public func makeSeed() -> UInt64 { generator.next() }

    public func makeTimer(_ fire: @escaping () -> Void) -> any DeadlineTimer {
        openTimerCount += 1
        return SimulatedTimer(self, fire)
    }

    func timerClosed() { openTimerCount -= 1 }

    public func connect(
        to endpoint: Endpoint, tls: TLSClientOptions?, transport: TransportOptions, handler: any StreamHandler
    ) -> any ByteStream {
        openStreamCount += 1
        return open(to: endpoint, handler: handler, isCounted: true)
    }

    func open(to endpoint: Endpoint, handler: any StreamHandler, isCounted: Bool) -> SimulatedStream {
        let stream = SimulatedStream(on: self, link: link, handler: handler, isCounted: isCounted)
        stream.begin(to: endpoint)
        return stream
    }

    public func listen(
        on endpoint: Endpoint, tls: TLSServerOptions?, accept: @escaping (any ByteStream) -> (any StreamHandler)?
    ) throws(NetworkError) -> any Listener {
        let address = Endpoint(host: name, port: endpoint.port == 0 ? 8065 : endpoint.port)
        guard simulation.listeners[address] == nil else {
            throw NetworkError(.addressInUse, "\(address) is in use")
        }
        let listener = SimulatedListener(self, address, accept)
        simulation.listeners[address] = listener
        return listener
    }

    nonisolated(nonsending) public func perform(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse {
        try await http.perform(request)
    }

    // MARK: - Executor

    public func enqueue(_ job: consuming ExecutorJob) {
        guard condition != .crashed else { return }
        queue.append(UnownedJob(job))
        becomeReady()
    }

    private func becomeReady() {
        guard !isReady, condition == .running else { return }
        isReady = true
        simulation.isReady(self)
    }

    func runJobs(_ budget: inout Int) {
        isReady = false
        while condition == .running, head < queue.count, budget > 0 {
            let job = queue[head]
            head += 1
            budget -= 1
            simulation.countJob()
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
        }
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
    public func checkIsolated() { precondition(simulation.current === self, "not on \(name)'s loop") }
    public func isIsolatingCurrentContext() -> Bool? { simulation.current === self }

    /// Runs `body` in a task that lives here.
    public func run(_ body: @escaping @Sendable () async -> Void) { Task(executorPreference: self) { await body() } }

    // MARK: - What happens to it

    public var isSuspended: Bool { condition == .suspended }

    /// Nothing runs until `resume`.
    public func suspend() {
        if condition == .running { condition = .suspended }
    }

    /// What would have happened happens now, in its order.
    public func resume() {
        guard condition == .suspended else { return }
        condition = .running
        let entries = held
        held = []
        for entry in entries { simulation.agenda.add(entry.target, at: simulation.now, version: entry.version) }
        if head < queue.count { becomeReady() }
    }

    func hold(_ entry: Agenda.Entry) { held.append(entry) }

    /// How the peers of a host that crashed find out.
    public enum Farewell: String, CaseIterable, Sendable {
        /// The system closes its sockets.
        case finish
        /// The system resets them.
        case reset
        /// Nobody is there to say anything: whoever sends gets no answer but a reset.
        case silence
    }

    /// Ends all that runs here. For good: a process that starts again is another host.
    public func crash(_ farewell: Farewell) {
        guard condition != .crashed else { return }
        condition = .crashed
        for listener in simulation.listeners.values where listener.host === self { listener.close() }
        for (_, stream) in streams.sorted(by: { $0.key < $1.key }) { stream.abandon(farewell) }
        // The tasks of a process that is gone are never resumed, and what they wait with must not be let go: letting go of a
        // continuation reports a fault. So a crash costs some memory, on purpose.
        _ = Unmanaged.passRetained(Remains(queue, held, streams, http, self))
        queue = []
        head = 0
        held = []
        streams = [:]
    }

    func end() {
        held = []
        for (_, stream) in streams { stream.forget() }
        streams = [:]
        http.forget()
    }

    /// The other ends of all its streams vanish, and nobody tells: its connections are half open.
    public func severStreams(answersReset: Bool) {
        for (_, stream) in streams.sorted(by: { $0.key < $1.key }) { stream.sever(answersReset: answersReset) }
    }

    // MARK: - Streams

    func add(_ stream: SimulatedStream) -> UInt64 {
        nextStream += 1
        streams[nextStream] = stream
        return nextStream
    }
}

private final class Remains {
    private let all: [Any]

    init(_ all: Any...) { self.all = all }
}
