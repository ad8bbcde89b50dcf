import CZlib

/// RFC 1952 over the whole body, or nil when zlib refuses.
func gzip(_ body: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    // 15 bits of window and 16 for the gzip frame; the macro deflateInit2 is not imported.
    let version = ZLIB_VERSION
    guard
        deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, version,
            Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    var input = body
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(body.count))))
    let written = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target -> Int? in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            return deflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(stream.total_out) : nil
        }
    }
    guard let written else { return nil }
    output.removeSubrange(written...)
    return output
}
