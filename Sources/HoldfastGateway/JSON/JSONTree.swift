internal import CSimdJSON

/// Makes the tree of a document of what simdjson's walk tells.
struct JSONTree {
    /// Each costs memory; more is neither a configuration nor what a sink has to say.
    static let maximumValues = 2_000_000
    static let maximumDepth = 32

    var root: JSONNode
    /// Keys that come twice; the first one of each counts.
    var duplicates: [Finding]

    /// - Throws: the one thing for which the text is no JSON, or too large.
    init(_ source: SourceText) throws(Unreadable) {
        let builder = TreeBuilder()
        let outcome = source.bytes.withPadding { text in
            // The builder outlives the call, which keeps nothing.
            holdfast_walk(text, UInt32(Self.maximumDepth), Unmanaged.passUnretained(builder).toOpaque()) {
                builder, node in
                guard let builder, let node else { return false }
                return Unmanaged<TreeBuilder>.fromOpaque(builder).takeUnretainedValue().add(node.pointee)
            }
        }
        guard Int(outcome.code) == HOLDFAST_JSON_OK, let root = builder.root else {
            throw Unreadable(finding: builder.fault(outcome, in: source.bytes))
        }
        self.root = root
        duplicates = builder.duplicates.map { second in
            let first = source.place(of: second.first)
            return Finding(
                offset: second.offset,
                message: "the key \(Quoted(second.key)) comes twice, first at \(first); leave one of them out")
        }
    }

    struct Unreadable: Error {
        var finding: Finding
    }
}

/// Puts together what the walk tells.
private final class TreeBuilder {
    /// An object or a list that is not closed yet.
    private struct Frame {
        var isObject: Bool
        var offset: Int
        var elements: [JSONNode] = []
        var members: [JSONNode.Member] = []
        /// Where each key stands.
        var places: [String: Int] = [:]
        /// The key whose value comes next; nil also where that is dropped.
        var key: (name: String, offset: Int)?
        var isDropped = false
    }

    private(set) var root: JSONNode?
    private(set) var duplicates: [(key: String, offset: Int, first: Int)] = []
    private var frames: [Frame] = []
    private var count = 0
    private var last = SyntaxFault.Told.nothing
    private var end = 0

    /// Whether to go on.
    func add(_ node: HoldfastNode) -> Bool {
        let offset = Int(node.offset)
        end = offset + Int(node.count)
        last = Int(node.kind) == HOLDFAST_NODE_KEY ? .key : .value
        count += 1
        switch Int(node.kind) {
        case HOLDFAST_NODE_OBJECT, HOLDFAST_NODE_ARRAY:
            last = .opening
            frames.append(Frame(isObject: Int(node.kind) == HOLDFAST_NODE_OBJECT, offset: offset))
        case HOLDFAST_NODE_OBJECT_END, HOLDFAST_NODE_ARRAY_END:
            guard let frame = frames.popLast() else { return false }
            let content: JSONNode.Content =
                frame.isObject ? .object(frame.members) : .list(frame.elements)
            place(JSONNode(content: content, offset: frame.offset))
        case HOLDFAST_NODE_KEY: begin(key: node.string, at: offset)
        case HOLDFAST_NODE_STRING: place(JSONNode(content: .text(node.string), offset: offset))
        case HOLDFAST_NODE_NUMBER:
            // The grammar of JSON's numbers is a part of that of Swift's.
            place(JSONNode(content: .number(Double(node.string) ?? .nan), offset: offset))
        case HOLDFAST_NODE_TRUE: place(JSONNode(content: .flag(true), offset: offset))
        case HOLDFAST_NODE_FALSE: place(JSONNode(content: .flag(false), offset: offset))
        default: place(JSONNode(content: .null, offset: offset))
        }
        return count <= JSONTree.maximumValues
    }

    private func begin(key: String, at offset: Int) {
        guard let top = frames.indices.last else { return }
        if let first = frames[top].places[key] {
            duplicates.append((key, offset, first))
            frames[top].isDropped = true
        } else {
            frames[top].places[key] = offset
            frames[top].isDropped = false
        }
        frames[top].key = (key, offset)
    }

    private func place(_ value: JSONNode) {
        guard let top = frames.indices.last else {
            root = value
            return
        }
        guard frames[top].isObject else {
            frames[top].elements.append(value)
            return
        }
        guard let key = frames[top].key, !frames[top].isDropped else { return }
        frames[top].members.append(.init(key: key.name, keyOffset: key.offset, value: value))
    }

    func fault(_ outcome: HoldfastOutcome, in bytes: [UInt8]) -> Finding {
        let fault = SyntaxFault(bytes: bytes, told: last, end: end, isInObject: frames.last?.isObject)
        return switch Int(outcome.code) {
        case HOLDFAST_JSON_TOO_DEEP:
            Finding(
                offset: end - 1,
                message: "nested deeper than \(JSONTree.maximumDepth) levels, which no key needs")
        case HOLDFAST_JSON_STOPPED:
            Finding(
                offset: end - 1,
                message:
                    "the file holds more than \(JSONTree.maximumValues) keys and values, which no gateway needs"
            )
        case HOLDFAST_JSON_OUT_OF_MEMORY: Finding(offset: 0, message: "there is no memory to read the file")
        case HOLDFAST_JSON_TOO_LARGE: Finding(offset: 0, message: "the file is too large")
        case HOLDFAST_JSON_NOT_UTF8: fault.encoding
        case HOLDFAST_JSON_EMPTY:
            Finding(offset: 0, message: "the file is empty; see holdfast gateway --help for a sample")
        case HOLDFAST_JSON_BROKEN_STRING: fault.string
        case HOLDFAST_JSON_INCOMPLETE: fault.ending
        default: fault.token
        }
    }
}

extension HoldfastNode {
    /// A copy: simdjson has found it to be UTF-8.
    fileprivate var string: String {
        String(decoding: UnsafeRawBufferPointer(start: text.bytes, count: text.count), as: UTF8.self)
    }
}

extension [UInt8] {
    /// With the readable bytes behind them that simdjson needs.
    fileprivate func withPadding<Result>(_ body: (HoldfastText) -> Result) -> Result {
        let padding = Int(HOLDFAST_JSON_PADDING)
        return (self + repeatElement(0, count: padding)).withUnsafeBytes { buffer in
            body(HoldfastText(bytes: buffer.baseAddress?.assumingMemoryBound(to: CChar.self), count: count))
        }
    }
}
