/// The decoder's own memory for what spans reads: grows with the bytes that have arrived, never with an announced
/// length, and holds nothing while it is empty.
struct PayloadBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0
    private(set) var count = 0

    init() {}

    deinit { base?.deallocate() }

    /// Bytes held from the allocator.
    var retainedByteCount: Int { base == nil ? 0 : capacity + WebSocketInput.paddingByteCount }

    /// Copies `bytes` to the end and returns the copy. `limit` is how many bytes, all included, it may become.
    mutating func append(
        _ bytes: UnsafeMutableRawBufferPointer, limit: Int
    ) -> UnsafeMutableRawBufferPointer {
        let needed = count + bytes.count
        if needed > capacity || base == nil {
            // Doubling keeps copies linear, however small the parts; the limit caps it, so that a message of known size
            // wastes nothing.
            grow(to: max(needed, min(limit, max(2 * capacity, 4096))))
        }
        guard let base, let source = bytes.baseAddress else {
            return UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }
        let target = UnsafeMutableRawBufferPointer(start: base + count, count: bytes.count)
        target.baseAddress?.copyMemory(from: source, byteCount: bytes.count)
        count = needed
        return target
    }

    /// All bytes, with zeroed padding behind them.
    func padded() -> UnsafeRawBufferPointer {
        guard let base else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: WebSocketInput.paddingByteCount)
        return UnsafeRawBufferPointer(start: base, count: count)
    }

    mutating func release() {
        base?.deallocate()
        base = nil
        capacity = 0
        count = 0
    }

    private mutating func grow(to newCapacity: Int) {
        let grown = UnsafeMutableRawPointer.allocate(
            byteCount: newCapacity + WebSocketInput.paddingByteCount, alignment: 16)
        if let base {
            grown.copyMemory(from: base, byteCount: count)
            base.deallocate()
        }
        base = grown
        capacity = newCapacity
    }
}
