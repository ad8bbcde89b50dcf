package import WebSocketCodec

/// Why bytes are not a request that this server takes.
package enum RequestError: Error, Equatable {
    case malformed
    case tooLarge

    package var status: Int {
        switch self {
        case .malformed: 400
        case .tooLarge: 413
        }
    }
}

/// HTTP/1.1 requests from one connection, one after the other: heads by the codec, bodies by `Content-Length` or in
/// chunks (RFC 9112 §6, §7). Bounded everywhere.
package struct RequestReader {
    private let maximumBodyBytes: Int

    package struct Request {
        package var head: HTTPRequestHead
        package var body: [UInt8] = []
        /// The connection ends behind the answer.
        package var isLast: Bool
    }

    private enum Phase {
        case head
        case body(remaining: Int)
        case chunkSize
        case chunk(remaining: Int)
        case chunkEnd
        case trailer
    }

    private var phase = Phase.head
    private var headReader = HTTPRequestHeadReader()
    private var request: Request?
    private var line: [UInt8] = []
    /// Set once when a head asks to be encouraged (RFC 9110 §10.1.1); the caller answers `100 Continue`.
    private var wantsContinue = false

    /// - Parameter maximumBodyBytes: a longer body is `RequestError.tooLarge`.
    package init(maximumBodyBytes: Int = 4 << 20) { self.maximumBodyBytes = maximumBodyBytes }

    /// Nothing of a request has come yet.
    package var isAtStart: Bool { if case .head = phase { !hasBegun } else { false } }
    private var hasBegun = false

    package mutating func takeWantsContinue() -> Bool {
        defer { wantsContinue = false }
        return wantsContinue
    }

    /// The next whole request, or nil when the input is used up.
    package mutating func next(_ input: inout WebSocketInput) throws(RequestError) -> Request? {
        while true {
            switch phase {
            case .head:
                guard let head = try readHead(&input) else { return nil }
                try begin(head)
            case .body(let remaining):
                let left = try append(&input, remaining)
                if left == 0 { return finish() }
                phase = .body(remaining: left)
                return nil
            case .chunkSize:
                guard let text = try readLine(&input) else { return nil }
                guard let size = Int(text.prefix { $0 != ";" && $0 != " " }, radix: 16), size >= 0 else {
                    throw .malformed
                }
                phase = size == 0 ? .trailer : .chunk(remaining: size)
            case .chunk(let remaining):
                let left = try append(&input, remaining)
                phase = left == 0 ? .chunkEnd : .chunk(remaining: left)
                if left > 0 { return nil }
            case .chunkEnd:
                guard let text = try readLine(&input) else { return nil }
                guard text.isEmpty else { throw .malformed }
                phase = .chunkSize
            case .trailer:
                guard let text = try readLine(&input) else { return nil }
                if text.isEmpty { return finish() }
            }
        }
    }

    private mutating func readHead(_ input: inout WebSocketInput) throws(RequestError) -> HTTPRequestHead? {
        guard input.unreadByteCount > 0 else { return nil }
        hasBegun = true
        do throws(WebSocketHandshakeError) {
            return try headReader.receive(&input)
        } catch {
            throw error.responseStatus == 431 ? .tooLarge : .malformed
        }
    }

    private mutating func begin(_ head: HTTPRequestHead) throws(RequestError) {
        request = Request(head: head, isLast: head.headers.hasToken("close", in: "Connection"))
        let lengths = head.headers.values(of: "Content-Length")
        let codings = head.headers.values(of: "Transfer-Encoding")
        guard codings.isEmpty || lengths.isEmpty, lengths.count <= 1 else { throw .malformed }
        if !codings.isEmpty {
            guard codings.count == 1, codings[0].lowercased() == "chunked" else { throw .malformed }
            phase = .chunkSize
        } else {
            guard let length = Int(lengths.first ?? "0"), length >= 0 else { throw .malformed }
            guard length <= maximumBodyBytes else { throw .tooLarge }
            phase = .body(remaining: length)
        }
        wantsContinue = head.headers.hasToken("100-continue", in: "Expect")
    }

    private mutating func append(_ input: inout WebSocketInput, _ remaining: Int) throws(RequestError) -> Int {
        let count = min(remaining, input.unreadByteCount)
        guard (request?.body.count ?? 0) + count <= maximumBodyBytes else { throw .tooLarge }
        request?.body.append(contentsOf: input.unread.prefix(count))
        input = WebSocketInput(UnsafeMutableRawBufferPointer(rebasing: input.unread.dropFirst(count)))
        return remaining - count
    }

    private mutating func readLine(_ input: inout WebSocketInput) throws(RequestError) -> Substring? {
        let unread = input.unread
        guard let end = unread.firstIndex(of: UInt8(ascii: "\n")) else {
            line.append(contentsOf: unread)
            guard line.count <= 1024 else { throw .tooLarge }
            input = WebSocketInput(UnsafeMutableRawBufferPointer(rebasing: unread.dropFirst(unread.count)))
            return nil
        }
        line.append(contentsOf: unread[..<end])
        guard line.count <= 1024 else { throw .tooLarge }
        input = WebSocketInput(UnsafeMutableRawBufferPointer(rebasing: unread[(end + 1)...]))
        defer { line = [] }
        guard line.last == UInt8(ascii: "\r"), let text = String(validating: line.dropLast(), as: UTF8.self) else {
            throw .malformed
        }
        return text[...]
    }

    private mutating func finish() -> Request? {
        defer {
            request = nil
            phase = .head
            hasBegun = false
            headReader = HTTPRequestHeadReader()
        }
        return request
    }
}
