import WorldInterface

/// `posted` frames of about one length, made once from a seed and sent again and again: each time only the post's id and
/// times and the event's number are written anew.
///
/// The shape is that of a real server: the post is a JSON string within the JSON, messages are words with now and then a line
/// feed, a quote, an umlaut or an emoji, and some mention somebody.
final class FrameStock {
    /// A frame's payload up to its number, and where in it stands what changes.
    private struct Template {
        var offset: Int
        var count: Int
        var identifier: Int
        var createAt: Int
        var updateAt: Int
        /// Of the message as it is meant, in UTF-8.
        var messageBytes: Int
    }

    private static let count = 1024
    /// Digits that are written anew at the end of an id; a number that is sent twice within a flood would be ten billion on.
    private static let identifierDigits = 10
    private static let timeDigits = 13
    private static let firstTime = 1_795_453_375_000

    let bytes: Int
    let seed: UInt64
    private var templates: [Template] = []
    private let text: UnsafeMutableRawBufferPointer
    /// The longest frame, header and number included.
    let maximumFrameBytes: Int

    init(bytes: Int, seed: UInt64) {
        self.bytes = bytes
        self.seed = seed
        var writer = PostedWriter(bytes: bytes, seed: seed)
        var all: [UInt8] = []
        for _ in 0..<Self.count {
            let frame = writer.next()
            templates.append(
                Template(
                    offset: all.count, count: frame.payload.count,
                    identifier: frame.identifier + PostedWriter.identifierLength - Self.identifierDigits,
                    createAt: frame.createAt, updateAt: frame.updateAt, messageBytes: frame.messageBytes))
            all += frame.payload
        }
        text = .allocate(byteCount: all.count, alignment: 64)
        text.copyBytes(from: all)
        maximumFrameBytes = (templates.map(\.count).max() ?? 0) + 40
    }

    deinit { text.deallocate() }

    /// Writes the frame of event `number` to `output`, which has room for `maximumFrameBytes`.
    ///
    /// - Returns: bytes of the frame, of its payload, and of its message.
    @inline(__always)
    func write(_ number: Int, to output: UnsafeMutableRawPointer) -> (frame: Int, payload: Int, message: Int) {
        let template = templates[number & (Self.count - 1)]
        let digits = Self.digitCount(of: number)
        let payload = template.count + digits + 2
        let header = Self.writeHeader(payload, to: output)
        let body = output + header
        body.copyMemory(from: text.baseAddress.unsafelyUnwrapped + template.offset, byteCount: template.count)
        Self.write(number, digits: Self.identifierDigits, to: body + template.identifier)
        Self.write(Self.firstTime + number, digits: Self.timeDigits, to: body + template.createAt)
        (body + template.updateAt).copyMemory(from: body + template.createAt, byteCount: Self.timeDigits)
        Self.write(number, digits: digits, to: body + template.count)
        (body + template.count + digits).storeBytes(of: UInt8(ascii: "}"), as: UInt8.self)
        (body + template.count + digits + 1).storeBytes(of: 0x0A, as: UInt8.self)
        return (header + payload, payload, template.messageBytes)
    }

    /// An unmasked text frame's header (RFC 6455 §5.2); its length.
    @inline(__always)
    private static func writeHeader(_ payload: Int, to output: UnsafeMutableRawPointer) -> Int {
        output.storeBytes(of: 0x81, as: UInt8.self)
        if payload <= 125 {
            (output + 1).storeBytes(of: UInt8(payload), as: UInt8.self)
            return 2
        }
        if payload <= 0xFFFF {
            (output + 1).storeBytes(of: 126, as: UInt8.self)
            (output + 2).storeBytes(of: UInt16(payload).bigEndian, as: UInt16.self)
            return 4
        }
        (output + 1).storeBytes(of: 127, as: UInt8.self)
        (output + 2).storeBytes(of: UInt64(payload).bigEndian, as: UInt64.self)
        return 10
    }

    @inline(__always)
    private static func digitCount(of number: Int) -> Int {
        var (count, limit) = (1, 10)
        while number >= limit {
            count += 1
            limit *= 10
        }
        return count
    }

    @inline(__always)
    private static func write(_ number: Int, digits: Int, to output: UnsafeMutableRawPointer) {
        var rest = UInt(number)
        for position in stride(from: digits - 1, through: 0, by: -1) {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            (output + position).storeBytes(of: 0x30 + UInt8(truncatingIfNeeded: remainder), as: UInt8.self)
            rest = quotient
        }
    }
}
