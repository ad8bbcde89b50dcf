internal import CSimdJSON

/// The one allocation of an event: what was peeked, the frame's text, and zeroed padding behind it.
/// Written once, by `make`, before anybody else can see it, and only read afterwards.
final class EventStorage: ManagedBuffer<EventStorage.Header, UInt8> {
    struct Header {
        let envelope: HoldfastEnvelope
        let count: Int
        /// The connection attempt it came by.
        let attempt: UInt32
        let isReplayed: Bool
    }

    /// Copies `frame`, without the white space at its end (the server ends each frame with a line feed).
    static func make(
        _ envelope: HoldfastEnvelope, _ frame: UnsafeRawBufferPointer, attempt: UInt32, isReplayed: Bool
    ) -> EventStorage {
        var count = frame.count
        while count > 0, frame[count - 1] <= 0x20 { count -= 1 }
        let storage = unsafeDowncast(
            create(minimumCapacity: count + jsonPadding) { _ in
                Header(envelope: envelope, count: count, attempt: attempt, isReplayed: isReplayed)
            },
            to: EventStorage.self)
        storage.withUnsafeMutablePointerToElements { elements in
            let target = UnsafeMutableRawPointer(elements)
            if let source = frame.baseAddress { target.copyMemory(from: source, byteCount: count) }
            (target + count).initializeMemory(as: UInt8.self, repeating: 0, count: jsonPadding)
        }
        return storage
    }

    var envelope: HoldfastEnvelope { header.envelope }

    func withText<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeMutablePointers { header, elements throws(Failure) in
            try body(UnsafeRawBufferPointer(start: elements, count: header.pointee.count))
        }
    }

    func withText<Result, Failure: Error>(
        in range: HoldfastRange, _ body: (HoldfastText) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withText { text throws(Failure) in try body(text.slice(range)) }
    }

    /// A raw part of the text; nil when it is absent.
    func raw(_ range: HoldfastRange) -> String? {
        range.count == 0 ? nil : withText(in: range) { $0.string }
    }

    /// The string whose inside stands at `range`; empty when it is absent.
    func string(_ range: HoldfastRange) -> String {
        withText { $0.string(range) }
    }
}

extension UnsafeRawBufferPointer {
    func slice(_ range: HoldfastRange) -> HoldfastText {
        HoldfastText(
            UnsafeRawBufferPointer(rebasing: self[Int(range.offset)..<Int(range.offset) + Int(range.count)]))
    }

    /// The string whose inside stands at `range`, unescaped.
    func string(_ range: HoldfastRange) -> String {
        let inside = slice(range)
        let bytes = UnsafeRawBufferPointer(start: inside.bytes, count: inside.count)
        guard bytes.contains(UInt8(ascii: "\\")) else { return inside.string }
        var unescaped = HoldfastText()
        // A lone surrogate is the one escape that the grammar allows and no text can hold: then it is shown as sent.
        guard holdfast_unescape(inside, &unescaped).code == HOLDFAST_JSON_OK else { return inside.string }
        return unescaped.string
    }
}
