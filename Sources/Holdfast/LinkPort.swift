/// Whose link it is. Called on the loop.
protocol LinkOwner: AnyObject {
    func take(_ report: LinkReport, of generation: UInt32)
    /// The consumer lags.
    func overflowed()
}

/// Where a link reports to and delivers events. Knows its generation, so that what an older link says is dropped in one
/// place, the machine. Loop-confined.
public final class LinkPort<Event: Sendable> {
    /// The number of the attempt this link belongs to.
    public let generation: UInt32
    /// What this attempt may go on from; nil when it has to start clean.
    public var resumePoint: ResumePoint? { place.resumePoint }
    private let place: Place
    private let buffer: EventBuffer<Event>
    private var owner: (any LinkOwner)?
    @usableFromInline var isConnected: Bool { owner != nil }
    /// Since the last flush. Unchecked, for it is touched for each event: nothing is called while it is.
    @exclusivity(unchecked) @usableFromInline var delivered: [Event] = []
    @exclusivity(unchecked) @usableFromInline var deliveredBytes = 0

    init(
        generation: UInt32, place: Place, buffer: EventBuffer<Event>, owner: any LinkOwner
    ) {
        self.generation = generation
        self.place = place
        self.buffer = buffer
        self.owner = owner
    }

    /// Reports what happened. May call back into the link before it returns.
    public func report(_ report: LinkReport) { owner?.take(report, of: generation) }

    /// Delivers one event; `byteCount` is what it holds in memory. Follow the last event of a read by `flush`.
    @inlinable public func deliver(_ event: Event, byteCount: Int) {
        guard isConnected else { return }
        delivered.append(event)
        deliveredBytes += byteCount
    }

    /// Hands over what was delivered, wakes the consumer if it waits, and pauses reading if it lags: once per read, not per
    /// event.
    @inlinable public func flush() {
        if !delivered.isEmpty { handOver() }
    }

    @usableFromInline func handOver() {
        let events = delivered
        delivered = []
        let byteCount = deliveredBytes
        deliveredBytes = 0
        if buffer.append(events, byteCount: byteCount) == .full { owner?.overflowed() }
    }

    /// After this nothing reported or delivered is heard, and the references back to the connection are gone.
    func disconnect() {
        owner = nil
        flush()
    }
}
