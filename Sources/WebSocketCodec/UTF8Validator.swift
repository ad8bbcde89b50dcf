/// Incremental UTF-8 validation (RFC 3629) that fails at the first byte no valid text could continue with.
struct UTF8Validator {
    /// Continuation bytes still due in the current sequence, and the range that the next of them must lie in.
    private var due: UInt8 = 0
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    /// No sequence is open: the text may end here.
    var isComplete: Bool { due == 0 }

    /// Returns false at the first invalid byte. The next call continues where this one ended.
    mutating func validate(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard var pointer = bytes.baseAddress else { return true }
        let end = pointer + bytes.count
        while due > 0, pointer < end {
            guard step(pointer.load(as: UInt8.self)) else { return false }
            pointer += 1
        }
        while true {
            Self.skipASCII(&pointer, end)
            // Whole sequences of the common kinds, four bytes in one load.
            while end - pointer >= 4 {
                let word = UInt32(littleEndian: pointer.loadUnaligned(as: UInt32.self))
                if word & 0x80 == 0 { break }
                if word & 0xC0E0 == 0x80C0, word & 0x1E != 0 {
                    pointer += 2
                } else if word & 0xC0C0F0 == 0x8080E0, Self.isThreeByteScalar(word) {
                    pointer += 3
                } else {
                    // Four bytes long, or wrong.
                    repeat {
                        guard step(pointer.load(as: UInt8.self)) else { return false }
                        pointer += 1
                    } while due > 0 && pointer < end
                }
            }
            guard pointer < end else { return true }
            if end - pointer < 4 {
                while pointer < end {
                    guard step(pointer.load(as: UInt8.self)) else { return false }
                    pointer += 1
                }
                return true
            }
        }
    }

    /// Neither overlong (below U+0800) nor a surrogate; the bit pattern of the three bytes is known to be right.
    private static func isThreeByteScalar(_ word: UInt32) -> Bool {
        let head = (word & 0x0F) << 1 | (word & 0x2000) >> 13
        return head != 0 && head != 0x1B
    }

    private static func skipASCII(_ pointer: inout UnsafeRawPointer, _ end: UnsafeRawPointer) {
        let high: UInt64 = 0x8080_8080_8080_8080
        while end - pointer >= 32 {
            let words = pointer.loadUnaligned(as: SIMD4<UInt64>.self)
            let merged = words[0] | words[1] | words[2] | words[3]
            if merged & high != 0 { break }
            pointer += 32
        }
        while end - pointer >= 8, pointer.loadUnaligned(as: UInt64.self) & high == 0 { pointer += 8 }
        while pointer < end, pointer.load(as: UInt8.self) < 0x80 { pointer += 1 }
    }

    /// Takes one byte (RFC 3629 §4).
    private mutating func step(_ byte: UInt8) -> Bool {
        if due > 0 {
            guard byte >= lower, byte <= upper else { return false }
            due -= 1
            lower = 0x80
            upper = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: due = 1
        case 0xE0: (due, lower) = (2, 0xA0)
        case 0xED: (due, upper) = (2, 0x9F)
        case 0xE1...0xEF: due = 2
        case 0xF0: (due, lower) = (3, 0x90)
        case 0xF4: (due, upper) = (3, 0x8F)
        case 0xF1...0xF3: due = 3
        default: return false
        }
        return true
    }
}
