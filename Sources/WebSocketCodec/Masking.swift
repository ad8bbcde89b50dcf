/// The mask of one frame (RFC 6455 §5.3), turned so that its lowest byte is the next to apply.
struct FrameMask {
    private var key: UInt32

    /// - Parameter key: its four bytes in wire order are its big-endian bytes.
    init(key: UInt32) { self.key = key.byteSwapped }

    /// Reads the four bytes in wire order.
    init(wireBytes: UnsafeRawPointer) { key = UInt32(littleEndian: wireBytes.loadUnaligned(as: UInt32.self)) }

    init() { key = 0 }

    /// Masks or unmasks in place, and turns the mask on so that the frame's next bytes can follow.
    mutating func apply(to bytes: UnsafeMutableRawBufferPointer) {
        guard key != 0, var pointer = bytes.baseAddress else { return }
        let end = pointer + bytes.count
        let wide = SIMD4<UInt64>(repeating: (UInt64(key) << 32 | UInt64(key)).littleEndian)
        while end - pointer >= 32 {
            pointer.storeBytes(of: pointer.loadUnaligned(as: SIMD4<UInt64>.self) ^ wide, as: SIMD4<UInt64>.self)
            pointer += 32
        }
        while end - pointer >= 8 {
            pointer.storeBytes(of: pointer.loadUnaligned(as: UInt64.self) ^ wide[0], as: UInt64.self)
            pointer += 8
        }
        while pointer < end {
            let byte = pointer.load(as: UInt8.self) ^ UInt8(truncatingIfNeeded: key)
            pointer.storeBytes(of: byte, as: UInt8.self)
            key = key >> 8 | key << 24
            pointer += 1
        }
    }
}
