import WebSocketCodec

extension FuzzTarget {
    /// The first byte: bit 0 the role, bit 1 small limits, bit 2 without the check of whole texts.
    static let decoder = FuzzTarget(
        name: "decoder", summary: "frames, in both roles; the same events and error however they are cut",
        maximumBytes: 2048,
        dictionary: ["\u{1}", "é", "€", "𐍈"],
        seeds: {
            var seeds: [[UInt8]] = []
            for role: UInt8 in 0...1 {
                let key: UInt32? = role == 1 ? 0x37FA_213D : nil
                var stream: [UInt8] = []
                append(.text, "añ€𐍈", true, key, &stream)
                append(.ping, "p", true, key, &stream)
                append(.text, "{\"event\":", false, key, &stream)
                append(.pong, "", true, key, &stream)
                append(.continuation, "\"hello\"}", true, key, &stream)
                append(.binary, String(repeating: "x", count: 130), true, key, &stream)
                stream += role == 1 ? [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8] : [0x88, 0x02, 0x03, 0xE8]
                for options in [role, role | 2, role | 4] {
                    seeds.append(Pieces.seed(stream, options: options))
                    seeds.append(Pieces.seed(stream, options: options, lengths: [3, 1, 9]))
                }
                seeds.append(Pieces.seed([0x82, role << 7 | 127, 0, 0, 0, 0, 0, 1, 0, 0], options: role))
                seeds.append(Pieces.seed([0x82, role << 7 | 126, 0, 126], options: role))
            }
            return seeds
        },
        run: { input in
            guard let pieces = Pieces(input) else { return }
            let whole = decode([pieces.whole], pieces.options)
            Violation.check(decode(pieces.cut, pieces.options) == whole, "cut, the frames mean something else")
            Violation.check(
                decode(pieces.bytes, pieces.options) == whole, "byte by byte the frames mean something else")
        })

    private static func append(
        _ opcode: WebSocketOpcode, _ text: String, _ isFinal: Bool, _ key: UInt32?, _ stream: inout [UInt8]
    ) {
        Array(text.utf8).withUnsafeBytes {
            WebSocketEncoder.appendFrame(opcode, isFinal: isFinal, payload: $0, maskingKey: key, to: &stream)
        }
    }

    private static func decode(_ pieces: [UnsafeBufferPointer<UInt8>], _ options: UInt8) -> [String] {
        let limits =
            options & 2 == 0
            ? WebSocketLimits() : WebSocketLimits(maximumFrameBytes: 100, maximumMessageBytes: 150, maximumFragments: 3)
        let validates = options & 4 == 0
        var decoder = WebSocketDecoder(
            role: options & 1 == 0 ? .client : .server, limits: limits, validatesText: validates)
        var events: [String] = []
        var received = 0
        for piece in pieces {
            received += piece.count
            let isOver = withInput(piece) { input in
                do throws(WebSocketProtocolError) {
                    while let event = try decoder.next(&input) {
                        events.append(told(event, validates))
                        // Who leaves the check to the owner learns of it at another place, and reads no further.
                        if events.last == "not UTF-8" { return true }
                    }
                    return false
                } catch {
                    events.append(error == .invalidUTF8InText && !validates ? "not UTF-8" : "\(error)")
                    return true
                }
            }
            Violation.check(
                decoder.retainedByteCount <= 2 * (received + 4096 + 64), "more memory than was received is held")
            if isOver { break }
        }
        return events
    }

    private static func told(_ event: WebSocketEvent, _ validates: Bool) -> String {
        switch event {
        case .text(let bytes):
            let isText = String(validating: bytes, as: UTF8.self) != nil
            Violation.check(isText == WebSocketDecoder.isUTF8(bytes), "UTF-8 is judged otherwise than by Swift")
            Violation.check(isText || !validates, "a text that is not UTF-8")
            return isText ? "text \(Array(bytes))" : "not UTF-8"
        case .binary(let bytes): return "binary \(Array(bytes))"
        case .ping(let bytes):
            Violation.check(bytes.count <= 125, "a control frame that is too long")
            return "ping \(Array(bytes))"
        case .pong(let bytes): return "pong \(Array(bytes))"
        case .close(let code, let reason):
            Violation.check(String(validating: reason, as: UTF8.self) != nil, "a close reason that is not UTF-8")
            return "close \(String(describing: code?.rawValue)) \(Array(reason))"
        }
    }
}
