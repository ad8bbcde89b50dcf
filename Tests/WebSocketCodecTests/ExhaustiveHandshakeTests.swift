import Testing
import WebSocketCodec

/// Every string over the characters that a header block is made of, behind a start line, against an oracle on whole lines.
@Suite("Every small input of the handshakes")
struct ExhaustiveHandshakeTests {
    private static let alphabet: [UInt8] = [0x0D, 0x0A, 0x20, 0x09, 0x3A, 0x61, 0x00, 0x7F, 0xE9]
    private static let startLine = Array("HTTP/1.1 404 Not Found\r\n".utf8)

    /// Up to five characters, 66,430 strings; four in code that is not optimised.
    @Test("header blocks of an answer, whole and byte by byte")
    func headerBlocks() {
        var wrong: [[UInt8]] = []
        Self.forEach(upTo: Exhaustive.isFull ? 5 : 4) { tail in
            let bytes = Self.startLine + tail
            let expected = Self.oracle(tail)
            if Self.read([bytes[...]]) != expected { wrong.append(tail) }
            if tail.count < 5, Self.read([Self.startLine[...]] + tail.map { [$0][...] }) != expected {
                wrong.append(tail)
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    @Test("start lines of an answer")
    func startLines() {
        let parts: [[String]] = [
            ["HTTP/1.1", "HTTP/1.0", "HTTP/2", "http/1.1", ""], ["", " ", "  "],
            ["099", "100", "101", "199", "200", "404", "599", "600", "+20", "20", "2000", "٢٠٠"], ["", " ", " OK"],
        ]
        for version in parts[0] {
            for space in parts[1] {
                for status in parts[2] {
                    for reason in parts[3] {
                        let line = version + space + status + reason
                        let isValid =
                            ["HTTP/1.1", "HTTP/1.0"].contains(version) && space == " "
                            && ["100", "101", "199", "200", "404", "599"].contains(status)
                        let outcome = Self.read([Array("\(line)\r\n\r\n".utf8)[...]])
                        let expected: String =
                            if !isValid { "malformed" } else if status == "101" { "invalid" } else if status < "200" {
                                "incomplete"
                            } else { "rejected \(status) 0" }
                        #expect(outcome == expected, "\(line)")
                    }
                }
            }
        }
    }

    /// All strings over the alphabet, also the empty one.
    private static func forEach(upTo count: Int, _ body: ([UInt8]) -> Void) {
        var all: [[UInt8]] = [[]]
        body([])
        for _ in 0..<count {
            all = all.flatMap { head in alphabet.map { head + [$0] } }
            for string in all { body(string) }
        }
    }

    /// RFC 9112 §5 on the text behind a start line: what comes first, the end of the block or what must not stand in it.
    private static func oracle(_ tail: [UInt8]) -> String {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        var index = 0
        while index < tail.count {
            let byte = tail[index]
            if byte == 0x0D {
                guard index + 1 < tail.count else { return "incomplete" }
                guard tail[index + 1] == 0x0A else { return "malformed" }
                if line.isEmpty {
                    let areFields = lines.allSatisfy { line in
                        let name = line.prefix { $0 != 0x3A }
                        return !name.isEmpty && name.count < line.count && name.allSatisfy { $0 == 0x61 }
                    }
                    return areFields ? "rejected 404 \(lines.count)" : "malformed"
                }
                lines.append(line)
                line = []
                index += 2
                continue
            }
            if byte == 0x0A || byte < 0x20 && byte != 0x09 || byte == 0x7F { return "malformed" }
            line.append(byte)
            index += 1
        }
        return "incomplete"
    }

    private static func read(_ pieces: [ArraySlice<UInt8>]) -> String {
        guard var handshake = try? WebSocketClientHandshake(host: "h", path: "/", key: WebSocketHandshakeKey(1, 2))
        else {
            return "no request"
        }
        var outcome = "incomplete"
        for piece in pieces where outcome == "incomplete" {
            withPadded(piece) { buffer in
                var input = WebSocketInput(buffer)
                do throws(WebSocketHandshakeError) {
                    if try handshake.receive(&input) != nil { outcome = "upgraded" }
                } catch {
                    switch error {
                    case .malformed: outcome = "malformed"
                    case .invalidUpgrade: outcome = "invalid"
                    case .rejected(let rejection):
                        outcome = "rejected \(rejection.status) \(rejection.headers.fields.count)"
                    case .headTooLong, .tooManyHeaderFields, .notAnUpgrade, .methodNotAllowed, .unsupportedVersion,
                        .invalidField:
                        outcome = "\(error)"
                    }
                }
            }
        }
        return outcome
    }
}
