internal import CSimdJSON

/// A text of the server and what was read of it when it came, in one allocation. Strings are made of its parts when they are
/// asked for.
///
/// Where it carries a post, the record of its content comes first, then the unescaped post, unless the post was read where it
/// stands in the text; then the text itself, then zeroed padding. Other events are small, and many wait unread: their content
/// is read again when it is asked for.
///
/// Written once, by `make`, before anybody else can see it, and only read afterwards. Its elements are words only to lie
/// where the record may.
final class TextStorage: ManagedBuffer<TextStorage.Header, UInt64> {
    struct Header {
        let envelope: HoldfastEnvelope
        /// Where the post begins, and how many bytes it has; 0 where there is no record either.
        let postOffset: UInt32
        let postCount: UInt32
        /// Where the text begins, and how many bytes it has.
        let offset: UInt32
        let count: UInt32
        /// The connection attempt it came by.
        let attempt: UInt32
        let isReplayed: Bool
    }

    /// Copies `frame`, without the white space at its end (the server ends each frame with a line feed), and the content where
    /// it has a post.
    static func make(
        _ envelope: HoldfastEnvelope, _ content: UnsafePointer<HoldfastContent>, _ frame: UnsafeRawBufferPointer,
        attempt: UInt32, isReplayed: Bool
    ) -> TextStorage {
        var count = frame.count
        while count > 0, frame[count - 1] <= 0x20 { count -= 1 }
        let post = UnsafeRawBufferPointer(content.pointee.postText)
        let isPostEscaped = content.pointee.isPostEscaped
        let recordCount = post.count > 0 ? MemoryLayout<HoldfastContent>.stride : 0
        // The parser takes no longer texts.
        let offset = UInt32(recordCount + (isPostEscaped ? 0 : post.count))
        var postOffset = UInt32(recordCount)
        if isPostEscaped, let start = frame.baseAddress, let source = post.baseAddress {
            postOffset += UInt32(source - start)
        }
        let header = Header(
            envelope: envelope, postOffset: postOffset, postCount: UInt32(post.count), offset: offset,
            count: UInt32(count), attempt: attempt, isReplayed: isReplayed)
        let storage = unsafeDowncast(
            create(minimumCapacity: (Int(offset) + count + jsonPadding + 7) / 8) { _ in header }, to: TextStorage.self)
        storage.withUnsafeMutablePointerToElements { elements in
            let base = UnsafeMutableRawPointer(elements)
            if recordCount > 0 { base.initializeMemory(as: HoldfastContent.self, from: content, count: 1) }
            if !isPostEscaped, let source = post.baseAddress {
                (base + recordCount).copyMemory(from: source, byteCount: post.count)
            }
            let target = base + Int(offset)
            if let source = frame.baseAddress { target.copyMemory(from: source, byteCount: count) }
            (target + count).initializeMemory(as: UInt8.self, repeating: 0, count: jsonPadding)
        }
        return storage
    }

    /// A post that came by itself. Its text is `text`.
    static func make(_ post: HoldfastPost, _ text: HoldfastText) -> TextStorage {
        var content = HoldfastContent()
        content.post = post
        content.postText = text
        return make(
            HoldfastEnvelope(), &content, UnsafeRawBufferPointer(start: nil, count: 0), attempt: 0, isReplayed: false)
    }

    // One member at a time: all of them together are some hundred bytes. Inlined by request: only then is a key path no more
    // than the place that it names.

    @inline(__always)
    func envelope<Member>(_ member: KeyPath<HoldfastEnvelope, Member>) -> Member {
        withUnsafeMutablePointerToHeader { $0.pointee.envelope[keyPath: member] }
    }

    @inline(__always)
    func content<Member>(_ member: KeyPath<HoldfastContent, Member>) -> Member {
        withContent { $0.pointee[keyPath: member] }
    }

    @inline(__always)
    func withContent<Result>(_ body: (UnsafePointer<HoldfastContent>) -> Result) -> Result {
        guard withUnsafeMutablePointerToHeader({ $0.pointee.postCount }) > 0 else {
            return withUnsafePointer(to: readAgain(), body)
        }
        return withUnsafeMutablePointerToElements { elements in
            body(UnsafePointer(UnsafeMutableRawPointer(elements).assumingMemoryBound(to: HoldfastContent.self)))
        }
    }

    /// It was read before, and reads the same again.
    @inline(never)
    private func readAgain() -> HoldfastContent {
        var envelope = HoldfastEnvelope()
        var content = HoldfastContent()
        _ = withText { holdfast_read_frame(HoldfastText($0), &envelope, &content) }
        return content
    }

    // MARK: - The text

    func withText<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeMutablePointers { header, elements throws(Failure) in
            let start = UnsafeMutableRawPointer(elements) + Int(header.pointee.offset)
            return try body(UnsafeRawBufferPointer(start: start, count: Int(header.pointee.count)))
        }
    }

    /// A raw part of the text; nil when it is absent.
    func raw(_ range: HoldfastRange) -> String? {
        range.isAbsent ? nil : withText { $0.slice(range).string }
    }

    /// The string whose inside stands at `range`; empty when it is absent.
    func string(_ range: HoldfastRange) -> String {
        withText { $0.string(range, isKnownASCII: envelope(\.isASCII)) }
    }

    /// The JSON in the string whose inside stands at `range`; no bytes when it is absent. Valid during the call.
    func withNested<Result>(
        _ range: HoldfastRange, _ body: (HoldfastText) throws(DecodingFailure) -> Result
    ) throws(DecodingFailure) -> Result {
        guard !range.isAbsent else { return try body(HoldfastText()) }
        return try withText { text throws(DecodingFailure) in
            let inside = text.slice(range)
            guard range.hasEscapes else { return try body(inside) }
            var unescaped = HoldfastText()
            try holdfast_unescape(inside, &unescaped).check()
            return try body(unescaped)
        }
    }

    // MARK: - The post in it

    /// The post's JSON text; empty where there is none.
    var postText: String { withPost { self.json($0, isEscaped: $1) } }

    /// A raw part of the post's text; nil when it is absent.
    func rawPost(_ member: KeyPath<HoldfastPost, HoldfastRange>) -> String? {
        let range = content(\.post)[keyPath: member]
        guard !range.isAbsent else { return nil }
        return withPost { self.json(UnsafeRawBufferPointer(rebasing: $0[range.bounds]), isEscaped: $1) }
    }

    /// One of the post's strings; empty when it is absent.
    @inline(__always)
    func postString(_ member: KeyPath<HoldfastPost, HoldfastRange>) -> String {
        let isASCII = envelope(\.isASCII)
        return withContent { content in
            let range = content.pointee.post[keyPath: member]
            return withPost { $0.string(range, isKnownASCII: isASCII, isEscapedTwice: $1) }
        }
    }

    /// The text that the post was read in, and whether that is escaped.
    private func withPost<Result>(_ body: (UnsafeRawBufferPointer, Bool) -> Result) -> Result {
        withUnsafeMutablePointers { header, elements in
            let (offset, count) = (Int(header.pointee.postOffset), Int(header.pointee.postCount))
            return body(
                UnsafeRawBufferPointer(start: UnsafeMutableRawPointer(elements) + offset, count: count),
                offset >= Int(header.pointee.offset))
        }
    }

    private func json(_ part: UnsafeRawBufferPointer, isEscaped: Bool) -> String {
        guard isEscaped else { return HoldfastText(part).string }
        var unescaped = HoldfastText()
        // It was read: there is nothing in it that cannot be unescaped.
        _ = holdfast_unescape(HoldfastText(part), &unescaped)
        return unescaped.string
    }
}

extension HoldfastRange {
    /// In bytes.
    var count: Int { Int(countAndEscapes >> 1) }

    var bounds: Range<Int> { Int(offset)..<Int(offset) + count }

    var hasEscapes: Bool { countAndEscapes & 1 != 0 }

    /// No value begins with the text that holds it.
    var isAbsent: Bool { offset == 0 }
}

extension UnsafeRawBufferPointer {
    func slice(_ range: HoldfastRange) -> HoldfastText {
        HoldfastText(UnsafeRawBufferPointer(rebasing: self[range.bounds]))
    }

    /// The string whose inside stands at `range`, unescaped.
    func string(_ range: HoldfastRange, isKnownASCII: Bool, isEscapedTwice: Bool = false) -> String {
        guard range.count > 0 else { return "" }
        let inside = slice(range)
        guard range.hasEscapes else { return inside.makeString(isKnownASCII: isKnownASCII) ?? "" }
        var unescaped = HoldfastText()
        let outcome =
            isEscapedTwice ? holdfast_unescape_twice(inside, &unescaped) : holdfast_unescape(inside, &unescaped)
        // A lone surrogate is the one escape that the grammar allows and no text can hold: then it is shown as sent.
        guard outcome.code == HOLDFAST_JSON_OK else { return inside.string }
        return unescaped.string
    }
}
