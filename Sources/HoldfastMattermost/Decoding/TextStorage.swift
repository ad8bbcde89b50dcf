internal import CSimdJSON

/// A text of the server and what was read of it when it came, in one allocation: the post that it carries, unescaped, then the
/// text itself, then zeroed padding. Strings are made of their parts when they are asked for.
///
/// Written once, by `make`, before anybody else can see it, and only read afterwards.
final class TextStorage: ManagedBuffer<TextStorage.Header, UInt8> {
    struct Header {
        let envelope: HoldfastEnvelope
        let content: HoldfastContent
        /// Bytes of the post, which comes first, and of the text behind it.
        let postCount: Int
        let count: Int
        /// The connection attempt it came by.
        let attempt: UInt32
        let isReplayed: Bool
    }

    /// Copies `frame`, without the white space at its end (the server ends each frame with a line feed).
    static func make(
        _ envelope: HoldfastEnvelope, _ content: HoldfastContent, _ frame: UnsafeRawBufferPointer, attempt: UInt32,
        isReplayed: Bool
    ) -> TextStorage {
        var count = frame.count
        while count > 0, frame[count - 1] <= 0x20 { count -= 1 }
        let post = UnsafeRawBufferPointer(start: content.postText.bytes, count: content.postText.count)
        let storage = unsafeDowncast(
            create(minimumCapacity: post.count + count + jsonPadding) { _ in
                Header(
                    envelope: envelope, content: content, postCount: post.count, count: count, attempt: attempt,
                    isReplayed: isReplayed)
            },
            to: TextStorage.self)
        storage.withUnsafeMutablePointerToElements { elements in
            let target = UnsafeMutableRawPointer(elements)
            if let source = post.baseAddress { target.copyMemory(from: source, byteCount: post.count) }
            if let source = frame.baseAddress { (target + post.count).copyMemory(from: source, byteCount: count) }
            (target + post.count + count).initializeMemory(as: UInt8.self, repeating: 0, count: jsonPadding)
        }
        return storage
    }

    /// A post that came by itself. Its text is `text`.
    static func make(_ post: HoldfastPost, _ text: HoldfastText) -> TextStorage {
        var content = HoldfastContent()
        content.post = post
        content.postText = text
        return make(
            HoldfastEnvelope(), content, UnsafeRawBufferPointer(start: nil, count: 0), attempt: 0, isReplayed: false)
    }

    // One member at a time: all of them together are some hundred bytes.

    func envelope<Member>(_ member: KeyPath<HoldfastEnvelope, Member>) -> Member {
        withUnsafeMutablePointerToHeader { $0.pointee.envelope[keyPath: member] }
    }

    func content<Member>(_ member: KeyPath<HoldfastContent, Member>) -> Member {
        withUnsafeMutablePointerToHeader { $0.pointee.content[keyPath: member] }
    }

    // MARK: - The text

    func withText<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeMutablePointers { header, elements throws(Failure) in
            try body(UnsafeRawBufferPointer(start: elements + header.pointee.postCount, count: header.pointee.count))
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

    func withPost<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeMutablePointers { header, elements in
            body(UnsafeRawBufferPointer(start: elements, count: header.pointee.postCount))
        }
    }

    /// One of the post's strings; empty when it is absent.
    func postString(_ member: KeyPath<HoldfastPost, HoldfastRange>) -> String {
        withUnsafeMutablePointers { header, elements in
            UnsafeRawBufferPointer(start: elements, count: header.pointee.postCount)
                .string(
                    header.pointee.content.post[keyPath: member], isKnownASCII: header.pointee.envelope.isASCII)
        }
    }
}

extension HoldfastRange {
    /// In bytes.
    var count: Int { Int(countAndEscapes >> 1) }

    var hasEscapes: Bool { countAndEscapes & 1 != 0 }

    /// No value begins with the text that holds it.
    var isAbsent: Bool { offset == 0 }
}

extension UnsafeRawBufferPointer {
    func slice(_ range: HoldfastRange) -> HoldfastText {
        HoldfastText(
            UnsafeRawBufferPointer(rebasing: self[Int(range.offset)..<Int(range.offset) + range.count]))
    }

    /// The string whose inside stands at `range`, unescaped.
    func string(_ range: HoldfastRange, isKnownASCII: Bool) -> String {
        guard range.count > 0 else { return "" }
        let inside = slice(range)
        guard range.hasEscapes else { return inside.makeString(isKnownASCII: isKnownASCII) ?? "" }
        var unescaped = HoldfastText()
        // A lone surrogate is the one escape that the grammar allows and no text can hold: then it is shown as sent.
        guard holdfast_unescape(inside, &unescaped).code == HOLDFAST_JSON_OK else { return inside.string }
        return unescaped.string
    }
}
