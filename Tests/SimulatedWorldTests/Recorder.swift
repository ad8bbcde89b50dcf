import WorldInterface

@testable import SimulatedWorld

/// Notes what a stream tells, with the virtual time in milliseconds.
final class Recorder: StreamHandler {
    private let host: SimulatedHost
    var stream: (any ByteStream)?
    private(set) var isOpen = false
    private(set) var received: [UInt8] = []
    /// The sizes in which it came.
    private(set) var pieces: [Int] = []
    private(set) var drained = 0
    private(set) var closure: StreamClosure?
    /// When the last thing happened.
    private(set) var at: UInt64 = 0
    var onReceive: ([UInt8]) -> Void = { _ in }

    init(_ host: SimulatedHost) { self.host = host }

    func streamOpened() {
        isOpen = true
        at = host.now.nanoseconds
    }

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        received.append(contentsOf: bytes)
        pieces.append(bytes.count)
        at = host.now.nanoseconds
        onReceive(Array(bytes))
    }

    func streamDrained() { drained += 1 }

    func streamClosed(_ reason: StreamClosure) {
        closure = reason
        at = host.now.nanoseconds
    }

    var failure: NetworkError.Kind? {
        guard case .failed(let error)? = closure else { return nil }
        return error.kind
    }

    var hasEnded: Bool {
        guard case .endOfStream? = closure else { return false }
        return true
    }
}

/// A client, a server that accepts it, and both ends of their connection.
struct Pair {
    let simulation: Simulation
    let client: SimulatedHost
    let server: SimulatedHost
    let near: Recorder
    let far: Recorder

    init(seed: UInt64 = 1, prepare: (SimulatedLink) -> Void = { _ in }) throws {
        simulation = Simulation(seed: seed)
        client = simulation.makeHost("client")
        server = simulation.makeHost("server")
        prepare(client.link)
        near = Recorder(client)
        let far = Recorder(server)
        self.far = far
        _ = try server.listen(on: Endpoint(host: "server", port: 80), tls: nil) { stream in
            far.stream = stream
            return far
        }
        near.stream = client.connect(to: Endpoint(host: "server", port: 80), tls: nil, handler: near)
        advance(1)
    }

    /// Seconds.
    func advance(_ seconds: Double) { simulation.run(until: simulation.now + UInt64(seconds * 1e9)) }
}
