/// A JSON value with its place in the text.
struct JSONNode: Sendable {
    enum Content: Sendable {
        case null
        case flag(Bool)
        /// Beyond the range of a `Double` it is infinite.
        case number(Double)
        case text(String)
        case list([JSONNode])
        case object([Member])
    }

    struct Member: Sendable {
        var key: String
        /// The byte of its opening quote.
        var keyOffset: Int
        var value: JSONNode
    }

    var content: Content
    /// Its first byte.
    var offset: Int

    /// Of an object; else none.
    var members: [Member] {
        if case .object(let members) = content { members } else { [] }
    }

    /// Of a list; else none.
    var elements: [JSONNode] {
        if case .list(let elements) = content { elements } else { [] }
    }

    var text: String? {
        if case .text(let text) = content { text } else { nil }
    }

    var isNull: Bool {
        if case .null = content { true } else { false }
    }

    func member(_ key: String) -> Member? { members.first { $0.key == key } }
}

/// Something that is wrong with the file, at a byte of it.
struct Finding: Sendable {
    var offset: Int
    var message: String
}
