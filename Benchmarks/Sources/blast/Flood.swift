/// The events that a socket still has to send.
struct Flood {
    private(set) var left: Int
    private let stock: FrameStock
    /// The `seq` of the next event.
    private(set) var next: Int

    /// Bytes in a write, about.
    private static let batchBytes = 256 << 10

    init(left: Int, stock: FrameStock, next: Int) {
        self.left = left
        self.stock = stock
        self.next = next
    }

    /// Makes the next batch and hands its bytes to `write`, which copies what it keeps.
    mutating func fill(_ write: (UnsafeRawBufferPointer) -> Void) -> FloodSums {
        var sums = FloodSums()
        let batch = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.batchBytes + stock.maximumFrameBytes, alignment: 64)
        defer { batch.deallocate() }
        guard let start = batch.baseAddress else { return sums }
        var used = 0
        while left > 0, used < Self.batchBytes {
            let written = stock.write(next, to: start + used)
            used += written.frame
            sums.events += 1
            sums.bytes += written.payload
            sums.checksum += written.message
            next += 1
            left -= 1
        }
        sums.isDone = left == 0
        write(UnsafeRawBufferPointer(rebasing: batch[..<used]))
        return sums
    }
}
