import WebSocketCodec

/// An event whose payload outlives the decoder.
enum RecordedEvent: Equatable, CustomStringConvertible {
    case text(String)
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?, String)
    case failure(WebSocketProtocolError)

    init(_ event: WebSocketEvent) {
        switch event {
        case .text(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
        case .binary(let bytes): self = .binary(Array(bytes))
        case .ping(let bytes): self = .ping(Array(bytes))
        case .pong(let bytes): self = .pong(Array(bytes))
        case .close(let code, let reason): self = .close(code?.rawValue, String(decoding: reason, as: UTF8.self))
        }
    }

    var description: String {
        switch self {
        case .text(let text): "text \(text.utf8.count): \(text.prefix(40))"
        case .binary(let bytes): "binary \(bytes.count): \(bytes.prefix(20))"
        case .ping(let bytes): "ping \(bytes)"
        case .pong(let bytes): "pong \(bytes)"
        case .close(let code, let reason): "close \(code.map(String.init) ?? "–") \(reason)"
        case .failure(let error): "failure \(error)"
        }
    }
}

/// Runs `body` over a fresh copy of `bytes` with the padding that `WebSocketInput` asks for. The padding is garbage on
/// purpose: nothing may depend on it.
func withPadded(
    _ bytes: some Collection<UInt8>, _ body: (UnsafeMutableRawBufferPointer) throws -> Void
) rethrows {
    let whole = UnsafeMutableRawBufferPointer.allocate(
        byteCount: bytes.count + WebSocketInput.paddingByteCount, alignment: 16)
    defer { whole.deallocate() }
    whole.copyBytes(from: bytes)
    for index in bytes.count..<whole.count { whole[index] = 0xFE }
    try body(UnsafeMutableRawBufferPointer(rebasing: whole[..<bytes.count]))
}

/// Feeds the chunks, each in memory of its own, and records events until the end or the first failure.
func decode(
    _ chunks: [some Collection<UInt8>], as role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits()
) -> [RecordedEvent] {
    var decoder = WebSocketDecoder(role: role, limits: limits)
    var events: [RecordedEvent] = []
    for chunk in chunks {
        do {
            try withPadded(chunk) { buffer in
                var input = WebSocketInput(buffer)
                while let event = try decoder.next(&input) { events.append(RecordedEvent(event)) }
            }
        } catch let error as WebSocketProtocolError {
            return events + [.failure(error)]
        } catch {
            return events
        }
    }
    return events
}

func decode(
    _ bytes: [UInt8], as role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits()
) -> [RecordedEvent] {
    decode([bytes], as: role, limits: limits)
}

/// An event that a test needs did not come.
struct Missing: Error {
    var what: String
}

/// Feeds bytes to a decoder that is under way, until it wants more.
func feed(_ bytes: some Collection<UInt8>, to decoder: inout WebSocketDecoder) throws -> [RecordedEvent] {
    var events: [RecordedEvent] = []
    try withPadded(bytes) { buffer in
        var input = WebSocketInput(buffer)
        while let event = try decoder.next(&input) { events.append(RecordedEvent(event)) }
    }
    return events
}

/// One frame as bytes, masked as the sender of that role must.
func frame(
    _ opcode: WebSocketOpcode, _ payload: some Collection<UInt8>, isFinal: Bool = true, from sender: WebSocketRole
) -> [UInt8] {
    var output: [UInt8] = []
    Array(payload).withUnsafeBytes {
        WebSocketEncoder.appendFrame(
            opcode, isFinal: isFinal, payload: $0, maskingKey: sender == .client ? 0x37FA_213D : nil, to: &output)
    }
    return output
}

/// Small, fast and the same everywhere: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
