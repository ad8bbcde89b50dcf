import WebSocketCodec

/// An input, and how the network cuts it. The first byte says how many lengths follow (0…15); they are used in turn.
struct Pieces {
    let options: UInt8
    let whole: UnsafeBufferPointer<UInt8>
    private let lengths: [Int]

    /// - Parameter input: a byte for the target's own choices, then as above.
    init?(_ input: UnsafeBufferPointer<UInt8>) {
        guard input.count >= 2 else { return nil }
        options = input[0]
        let count = min(Int(input[1] & 15), input.count - 2)
        lengths = input[2..<2 + count].map { max(1, Int($0)) }
        whole = UnsafeBufferPointer(rebasing: input[(2 + count)...])
    }

    /// The pieces, in order; the whole when no length is given.
    var cut: [UnsafeBufferPointer<UInt8>] {
        guard !lengths.isEmpty else { return [whole] }
        var pieces: [UnsafeBufferPointer<UInt8>] = []
        var start = 0
        while start < whole.count {
            let end = min(whole.count, start + lengths[pieces.count % lengths.count])
            pieces.append(UnsafeBufferPointer(rebasing: whole[start..<end]))
            start = end
        }
        return pieces
    }

    /// One byte each.
    var bytes: [UnsafeBufferPointer<UInt8>] {
        whole.indices.map { UnsafeBufferPointer(rebasing: whole[$0...$0]) }
    }

    /// A seed: these bytes, cut so.
    static func seed(_ bytes: some Collection<UInt8>, options: UInt8 = 0, lengths: [UInt8] = []) -> [UInt8] {
        [options, UInt8(lengths.count)] + lengths + bytes
    }
}

/// Runs `body` over a fresh copy with exactly the padding that `WebSocketInput` asks for, so that a sanitizer sees whoever
/// reads further. The padding is garbage on purpose.
func withInput<Result>(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (inout WebSocketInput) -> Result) -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: bytes.count + WebSocketInput.paddingByteCount, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    for index in bytes.count..<memory.count { memory[index] = 0xFE }
    var input = WebSocketInput(UnsafeMutableRawBufferPointer(rebasing: memory[..<bytes.count]))
    return body(&input)
}
