/// Bytes that were read but not decoded: what a consumer keeps when it stops in the middle of a read buffer.
///
///     backlog.append(&input)                      // stop: the rest of the buffer is copied
///     …
///     var input = backlog.input()                 // go on
///     while wanted, let event = try decoder.next(&input) { … }
///     backlog.remove(consumedBy: input)
///
/// While it is not empty, newly read bytes belong behind it: append them, and decode from here. It holds no memory
/// while it is empty, and is not bounded by itself: who stops decoding stops reading, too.
public struct WebSocketBacklog: ~Copyable {
    private var buffer = PayloadBuffer()
    private var start = 0

    public init() {}

    public var byteCount: Int { buffer.count - start }
    public var isEmpty: Bool { byteCount == 0 }
    /// Heap bytes held.
    public var retainedByteCount: Int { buffer.retainedByteCount }

    /// Copies all that is unread in `input`, and consumes it. Not while a cursor from ``input()`` is in use.
    public mutating func append(_ input: inout WebSocketInput) {
        if start > 0 {
            var compacted = PayloadBuffer()
            _ = compacted.append(self.input().unread, limit: byteCount + input.unreadByteCount)
            buffer = compacted
            start = 0
        }
        guard input.unreadByteCount > 0 else { return }
        let rest = input.take(input.unreadByteCount)
        // As if as much again were to come, so that many small appends stay linear.
        _ = buffer.append(rest, limit: 2 * (buffer.count + rest.count))
    }

    /// A cursor over the bytes, padded. It, and payloads delivered through it, are valid until the next `append` or
    /// `remove`.
    public func input() -> WebSocketInput {
        WebSocketInput(
            UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(mutating: buffer.padded())[start...]))
    }

    /// Forgets what `input` has consumed, and releases the memory when nothing is left.
    /// - Parameter input: the cursor that ``input()`` gave.
    public mutating func remove(consumedBy input: WebSocketInput) {
        start += input.consumedByteCount
        guard start >= buffer.count else { return }
        buffer.release()
        start = 0
    }
}
