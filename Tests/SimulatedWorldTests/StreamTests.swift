import Testing
import WorldInterface

@testable import SimulatedWorld

@Suite("Simulated TCP")
struct StreamTests {
    @Test("bytes arrive in order, once, and later than they were sent")
    func order() throws {
        let pair = try Pair()
        #expect(pair.near.isOpen && pair.far.isOpen)
        let sent = pair.simulation.now
        for number in 0..<100 { pair.near.stream?.write([UInt8(number)]) }
        #expect(pair.far.received.isEmpty)
        pair.advance(1)
        #expect(pair.far.received == (0..<100).map { UInt8($0) })
        #expect(pair.far.at > sent)
    }

    @Test("in pieces: the same bytes, cut anywhere", arguments: 1...20)
    func pieces(seed: UInt64) throws {
        let pair = try Pair(seed: seed) { $0.maximumPiece = 3 }
        let bytes = (0..<200).map { UInt8($0) }
        pair.near.stream?.write(bytes)
        pair.advance(1)
        #expect(pair.far.received == bytes)
        #expect(pair.far.pieces.allSatisfy { (1...3).contains($0) } && Set(pair.far.pieces).count == 3)
    }

    @Test("what is not read stays with the sender beyond the link's capacity, and is told when it has gone")
    func backpressure() throws {
        let pair = try Pair { $0.capacity = 1000 }
        pair.far.stream?.pauseReading()
        pair.near.stream?.write([UInt8](repeating: 7, count: 5000))
        pair.advance(1)
        #expect(pair.far.received.isEmpty)
        #expect(pair.near.stream?.queuedByteCount == 4000)
        #expect(pair.near.drained == 0)
        pair.far.stream?.resumeReading()
        pair.advance(1)
        #expect(pair.far.received.count == 5000)
        #expect(pair.near.stream?.queuedByteCount == 0)
        #expect(pair.near.drained == 1)
    }

    @Test("an end comes behind what was sent; a reset says so")
    func endings() throws {
        let finished = try Pair()
        finished.near.stream?.write([1, 2, 3])
        finished.near.stream?.finishWriting()
        finished.advance(1)
        #expect(finished.far.received == [1, 2, 3] && finished.far.hasEnded && finished.near.hasEnded)

        let reset = try Pair()
        reset.near.stream?.write([1])
        reset.near.stream?.reset()
        #expect(reset.near.closure == nil, "the end is told on a later turn")
        reset.advance(1)
        #expect(reset.far.received == [1] && reset.far.failure == .reset)
        guard case .closedLocally? = reset.near.closure else {
            Issue.record("the near end was told \(reset.near.closure.map { "\($0)" } ?? "nothing")")
            return
        }
    }

    @Test("nobody listens: refused; no names: not found")
    func refusals() {
        let simulation = Simulation(seed: 1)
        let client = simulation.makeHost("client")
        let refused = Recorder(client)
        _ = client.connect(to: Endpoint(host: "nobody", port: 1), tls: nil, handler: refused)
        simulation.run(until: simulation.now + 1_000_000_000)
        #expect(refused.failure == .refused)
        simulation.resolvesNames = false
        let unknown = Recorder(client)
        _ = client.connect(to: Endpoint(host: "nobody", port: 1), tls: nil, handler: unknown)
        simulation.run(until: simulation.now + 1_000_000_000)
        #expect(unknown.failure == .nameNotFound)
        #expect(client.openStreamCount == 0)
    }

    @Test("a link that is down loses nothing: all arrives when it is up again")
    func partition() throws {
        let pair = try Pair()
        pair.client.link.goDown()
        pair.near.stream?.write([1, 2])
        pair.far.stream?.write([3])
        pair.advance(60)
        #expect(pair.far.received.isEmpty && pair.near.received.isEmpty)
        pair.client.link.comeUp()
        pair.advance(1)
        #expect(pair.far.received == [1, 2] && pair.near.received == [3])
        #expect(pair.near.closure == nil && pair.far.closure == nil)
    }

    @Test("half open: nothing is told, until something is sent or the system asks", arguments: [true, false])
    func halfOpen(answersReset: Bool) throws {
        let pair = try Pair()
        pair.client.severStreams(answersReset: answersReset)
        pair.advance(30)
        #expect(pair.near.closure == nil)
        #expect(pair.far.failure == .timedOut)
        pair.near.stream?.write([1])
        pair.advance(1)
        #expect((pair.near.failure == .reset) == answersReset)
        pair.advance(120)
        #expect(pair.near.failure == (answersReset ? .reset : .timedOut))
    }
}
