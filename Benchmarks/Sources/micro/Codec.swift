import WebSocketCodec

extension PureScenario {
    /// Frames of the server, decoded; the client's ping, encoded.
    static var codec: [PureScenario] {
        [120, 700, 1200, 4096].flatMap { [decoding($0), streaming($0)] } + [encodingPing]
    }

    /// One frame that lies whole in the buffer.
    private static func decoding(_ byteCount: Int) -> PureScenario {
        let wire = Bytes(frame(byteCount))
        return PureScenario(
            group: .codec, name: "codec: decode \(byteCount) B", unit: "ns per frame",
            run: { count in
                var decoder = WebSocketDecoder(role: .client)
                var sum = 0
                for _ in 0..<count {
                    var input = WebSocketInput(wire.content)
                    while let event = try? decoder.next(&input) {
                        if case .text(let text) = event { sum &+= text.count }
                    }
                }
                return sum
            }, reference: .copying(Bytes(payload(byteCount))))
    }

    /// As they come from a socket: in reads of 64 KB, the last frame of each cut off somewhere.
    private static func streaming(_ byteCount: Int) -> PureScenario {
        let read = 64 << 10
        let one = frame(byteCount)
        // Half a megabyte: more than one read, and still in the processor's cache, as a read buffer is.
        let wire = Bytes((0..<(512 << 10) / one.count).flatMap { _ in one })
        let perRead = read / one.count
        return PureScenario(
            group: .codec, name: "codec: decode \(byteCount) B in 64 KB reads", eventsPerOperation: perRead,
            unit: "ns per frame",
            run: { operations in
                var decoder = WebSocketDecoder(role: .client)
                var sum = 0
                var left = operations * perRead
                var position = 0
                while left > 0 {
                    let end = min(position + read, wire.count)
                    let piece = UnsafeMutableRawBufferPointer(rebasing: wire.content[position..<end])
                    position = end == wire.count ? 0 : end
                    var input = WebSocketInput(piece)
                    while let event = try? decoder.next(&input) {
                        if case .text(let text) = event { sum &+= text.count }
                        left -= 1
                    }
                }
                return sum
            }, reference: .copying(Bytes([UInt8](repeating: 0x61, count: perRead * byteCount))))
    }

    /// The action that a probe sends.
    private static var encodingPing: PureScenario {
        let text = #"{"seq":1234,"action":"ping"}"#
        let content = Bytes(Array(text.utf8))
        return PureScenario(
            group: .codec, name: "codec: encode a masked ping", unit: "ns per frame",
            run: { count in
                var output: [UInt8] = []
                output.reserveCapacity(256)
                var sum = 0
                for turn in 0..<count {
                    output.removeAll(keepingCapacity: true)
                    WebSocketEncoder.appendText(
                        UnsafeRawBufferPointer(content.content),
                        maskingKey: 0x9E37_79B9 ^ UInt32(truncatingIfNeeded: turn),
                        to: &output)
                    sum &+= Int(output[output.count - 1])
                }
                return sum
            }, reference: .copying(content))
    }

    private static func payload(_ byteCount: Int) -> [UInt8] {
        let text = byteCount < 700 ? "" : PostedFrame.text(byteCount)
        return Array(text.utf8) + [UInt8](repeating: 0x61, count: byteCount - text.utf8.count)
    }

    private static func frame(_ byteCount: Int) -> [UInt8] {
        var wire: [UInt8] = []
        payload(byteCount).withUnsafeBytes { WebSocketEncoder.appendText($0, maskingKey: nil, to: &wire) }
        return wire
    }
}
