internal import CHoldfast

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Texts for C in one allocation, each with a zero byte behind it; valid for as long as the blob lives.
final class TextBlob: @unchecked Sendable {
    // Sound as Sendable: written by `init`, and only read afterwards.

    private let bytes: UnsafeMutablePointer<CChar>
    private let ranges: [Range<Int>]

    /// - Parameter last: one more text, of raw bytes.
    init(_ strings: [String], last: UnsafeRawBufferPointer? = nil) {
        let size = strings.reduce(0) { $0 + $1.utf8.count + 1 } + (last.map { $0.count + 1 } ?? 0)
        let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: max(size, 1))
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(strings.count + 1)
        var end = 0
        func append(_ source: UnsafeRawBufferPointer) {
            let start = end
            if let base = source.baseAddress { memcpy(bytes + start, base, source.count) }
            bytes[start + source.count] = 0
            ranges.append(start..<start + source.count)
            end = start + source.count + 1
        }
        for var string in strings { string.withUTF8 { append(UnsafeRawBufferPointer($0)) } }
        if let last { append(last) }
        self.bytes = bytes
        self.ranges = ranges
    }

    deinit { bytes.deallocate() }

    subscript(index: Int) -> holdfast_text {
        holdfast_text(bytes: UnsafePointer(bytes + ranges[index].lowerBound), length: ranges[index].count)
    }
}
