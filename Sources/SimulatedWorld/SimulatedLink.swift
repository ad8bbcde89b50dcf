internal import ConnectionLifecycle

/// How a host is connected to the others: what each of its streams suffers.
///
/// TCP loses nothing: while the link is down, what is sent waits, and arrives when it is up again, as retransmissions do.
public final class SimulatedLink {
    /// Virtual nanoseconds that a segment takes; each takes its own, in order within a stream.
    public var latency = SimulatedLink.usualLatency
    public static let usualLatency: ClosedRange<UInt64> = 200_000...2_000_000
    /// What is written is cut into pieces of at most so many bytes, at random; nil where it arrives as it was written.
    public var maximumPiece: Int?
    /// Bytes of one direction that are taken before the other side reads.
    public var capacity = 128 << 10
    /// Nothing passes.
    public private(set) var isDown = false

    weak var simulation: Simulation?
    private var generator: SeededGenerator
    private var held: [Segment] = []

    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    public func goDown() { isDown = true }

    public func comeUp() {
        guard isDown, let simulation else { return }
        isDown = false
        let segments = held
        held = []
        // In their order: nothing overtakes within a stream.
        for segment in segments {
            simulation.agenda.add(segment, at: simulation.now + latency.lowerBound)
        }
    }

    func hold(_ segment: Segment) { held.append(segment) }

    func nextLatency() -> UInt64 {
        latency.lowerBound == latency.upperBound ? latency.lowerBound : UInt64.random(in: latency, using: &generator)
    }

    /// The size of the next piece of what is left.
    func nextPiece(of count: Int) -> Int {
        guard let maximumPiece, count > 1 else { return count }
        return min(count, Int.random(in: 1...max(1, maximumPiece), using: &generator))
    }
}
