import WorldInterface

/// Something on its way to one end of a stream.
final class Segment: Occasion {
    enum Load {
        /// SYN; arrives at the address that is called.
        case request
        /// The answer to it.
        case acceptance
        case refusal
        /// The buffer is the receiver's, with padding behind so many bytes.
        case bytes(UnsafeMutableRawBufferPointer, Int)
        /// FIN.
        case end
        /// RST.
        case reset
        /// Of this side itself: there is something to read, or room to send.
        case room
    }

    private let load: Load
    private let stream: SimulatedStream
    private let link: SimulatedLink

    init(_ load: Load, to stream: SimulatedStream, over link: SimulatedLink) {
        self.load = load
        self.stream = stream
        self.link = link
    }

    /// A copy with the padding that a reader may look into.
    static func buffer(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawBufferPointer {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + streamBufferPadding, alignment: 16)
        buffer.copyMemory(from: bytes)
        return buffer
    }

    /// A request is the business of the system that it arrives at, not of the process that made it; so are bytes that nobody
    /// waits for any more.
    var host: SimulatedHost? {
        switch load {
        case .request: nil
        case .acceptance, .refusal, .bytes, .end, .reset, .room: stream.owner
        }
    }

    func occur(version: UInt32) {
        if case .room = load { return stream.arrive(load) }
        guard !link.isDown else { return link.hold(self) }
        stream.arrive(load)
    }
}
