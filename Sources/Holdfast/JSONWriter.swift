/// Writes JSON: the texts that a client sends, and the lines of a trace.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// An object with the members in the order given.
    package static func object(_ members: KeyValuePairs<String, Value>) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(.object(members))
        return writer.bytes
    }

    /// An object and a line break: one line of JSON Lines.
    package static func line(_ members: KeyValuePairs<String, Value>) -> [UInt8] { object(members) + [0x0A] }

    /// One object with the members of both.
    package static func joined(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        first.count <= 2
            ? second : second.count <= 2 ? first : first.dropLast() + [UInt8(ascii: ",")] + second.dropFirst()
    }

    /// What can be written.
    package indirect enum Value: Sendable {
        case string(String)
        case integer(Int64)
        case flag(Bool)
        /// JSON already, inserted as it is.
        case raw(String)
        case array([Value])
        case object(KeyValuePairs<String, Value>)
    }

    package mutating func write(_ value: Value) {
        switch value {
        case .string(let string): write(string)
        case .integer(let integer): bytes += "\(integer)".utf8
        case .flag(let flag): bytes += (flag ? "true" : "false").utf8
        case .raw(let json): bytes += json.utf8
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(value)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(member.key)
                bytes.append(UInt8(ascii: ":"))
                write(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// A string with the escapes that JSON demands (RFC 8259 §7).
    private mutating func write(_ string: String) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case 0..<0x20: bytes += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSONWriter.Value {
    /// A number of seconds with three places, rounded.
    package static func seconds(_ duration: Duration) -> JSONWriter.Value {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + (attoseconds + 500_000_000_000_000) / 1_000_000_000_000_000
        let fraction = "\(milliseconds % 1000)"
        return .raw("\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction)
    }
}
