internal import COpenSSL

/// What has been received and not been decrypted: lent by whoever read it, or a copy of one's own. Loop-confined.
final class Ciphertext {
    private let source = UnsafeMutablePointer<holdfast_ciphertext>.allocate(capacity: 1)
    /// Memory of one's own that `source` points into; nil while it points to what is lent.
    private var kept: UnsafeMutableRawBufferPointer?

    init() { source.initialize(to: holdfast_ciphertext()) }

    deinit {
        kept?.deallocate()
        source.deallocate()
    }

    /// OpenSSL's way to it, owned by the caller. Must not outlive this object.
    func makeBIO() -> OpaquePointer? { holdfast_ciphertext_bio(Self.method, source) }

    /// Whom OpenSSL's callbacks find by it; not retained.
    func setOwner(_ owner: TLSEngine) { source.pointee.owner = Unmanaged.passUnretained(owner).toOpaque() }

    var isEmpty: Bool { source.pointee.count == 0 }

    /// Follows what is there already.
    func lend(_ bytes: UnsafeRawBufferPointer) {
        if isEmpty {
            keep(nil)
            point(to: bytes)
        } else {
            copy(appending: bytes)
        }
    }

    /// What was lent goes back to its owner: what is left of it is copied.
    func keepRest() {
        if isEmpty {
            keep(nil)
        } else if kept == nil {
            copy(appending: UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    private func copy(appending bytes: UnsafeRawBufferPointer) {
        let rest = UnsafeRawBufferPointer(start: source.pointee.bytes, count: source.pointee.count)
        let joined = UnsafeMutableRawBufferPointer.allocate(byteCount: rest.count + bytes.count, alignment: 1)
        joined.copyMemory(from: rest)
        UnsafeMutableRawBufferPointer(rebasing: joined[rest.count...]).copyMemory(from: bytes)
        keep(joined)
        point(to: UnsafeRawBufferPointer(joined))
    }

    private func keep(_ memory: UnsafeMutableRawBufferPointer?) {
        kept?.deallocate()
        kept = memory
    }

    private func point(to bytes: UnsafeRawBufferPointer) {
        source.pointee.bytes = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        source.pointee.count = bytes.count
    }

    /// Sound: made once, never changed, and OpenSSL only reads it.
    nonisolated(unsafe) private static let method: OpaquePointer? = holdfast_ciphertext_method()
}
