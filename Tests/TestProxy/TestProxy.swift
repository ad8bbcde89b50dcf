public import WorldInterface

/// A proxy for tests, on a loop, loop-confined: by CONNECT (RFC 9110 §9.3.6), or in front of one server.
///
/// It does what its `decide` says for each request head, and remembers the heads. It is small, not good: one request for a
/// connection, no limits.
public final class TestProxy {
    /// What happens to a request.
    public enum Decision: Sendable {
        /// Answers 200, and passes on everything to and from there. Bytes in `greeting` follow in the same write.
        case tunnel(Endpoint, greeting: [UInt8] = [])
        /// Passes on another head instead, and everything behind it.
        case forward(Endpoint, head: String)
        /// Writes this, and ends the connection or leaves it open.
        case answer(String, ends: Bool = true)
        /// Nothing at all.
        case silence
        /// Ends the connection.
        case hangUp
    }

    /// Each request head that came, without the empty line.
    public private(set) var heads: [String] = []
    /// Called for each head. On the loop.
    public var whenAsked: (String) -> Void = { _ in }
    private let world: any World
    private let decide: (String) -> Decision
    private var listener: (any Listener)?
    fileprivate var sides: [ObjectIdentifier: Side] = [:]

    /// Listens on a free port.
    /// - Parameter decide: called with the head of each request, on the loop.
    public init(
        _ world: any World, host: String = "127.0.0.1", tls: TLSServerOptions? = nil,
        decide: @escaping (String) -> Decision
    ) throws(NetworkError) {
        self.world = world
        self.decide = decide
        listener = try world.listen(on: Endpoint(host: host, port: 0), tls: tls) { [unowned self] stream in
            let side = Side(self)
            side.stream = stream
            return side
        }
        self.host = host
    }

    private var host = ""

    /// Where it listens.
    public var endpoint: Endpoint { Endpoint(host: host, port: listener?.port ?? 0) }

    /// Connections that are open, both ways counted.
    public var openCount: Int { sides.count }

    /// Ends everything; the streams are closed a little later.
    public func close() {
        listener?.close()
        listener = nil
        for side in sides.values { side.stream?.close() }
    }

    fileprivate func asked(_ head: String, behind rest: [UInt8], by client: Side) {
        heads.append(head)
        whenAsked(head)
        switch decide(head) {
        case .tunnel(let target, let greeting):
            connect(client, to: target, sending: rest) {
                client.stream?.write(Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8) + greeting)
            }
        case .forward(let target, let head): connect(client, to: target, sending: Array(head.utf8) + rest) {}
        case .answer(let text, let ends):
            client.stream?.write(Array(text.utf8))
            if ends { client.stream?.finishWriting() }
        case .silence: break
        case .hangUp: client.stream?.close()
        }
    }

    private func connect(
        _ client: Side, to target: Endpoint, sending bytes: [UInt8], opened: @escaping () -> Void
    ) {
        let server = Side(self)
        server.opened = opened
        server.other = client
        client.other = server
        server.stream = world.connect(
            to: target, tls: nil, transport: TransportOptions(proxy: .none), handler: server)
        server.stream?.write(bytes)
    }
}

/// One side of a connection through the proxy.
private final class Side: StreamHandler {
    private unowned let proxy: TestProxy
    private var head: [UInt8] = []
    var stream: (any ByteStream)?
    var other: Side?
    var opened: () -> Void = {}

    init(_ proxy: TestProxy) {
        self.proxy = proxy
        proxy.sides[ObjectIdentifier(self)] = self
    }

    func streamOpened() { opened() }

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        if let other {
            other.stream?.write(UnsafeRawBufferPointer(bytes))
            return
        }
        head.append(contentsOf: bytes)
        let text = String(decoding: head, as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        proxy.asked(String(parts[0]), behind: Array(head[(parts[0].utf8.count + 4)...]), by: self)
    }

    func streamDrained() {}

    func streamClosed(_ reason: StreamClosure) {
        stream = nil
        if case .failed = reason { other?.stream?.close() } else { other?.stream?.finishWriting() }
        // Each holds the other only while both are there.
        other?.stream?.close()
        other?.other = nil
        other = nil
        proxy.sides[ObjectIdentifier(self)] = nil
    }
}

extension TestProxy.Decision {
    /// The tunnel that a CONNECT asks for, but to `target`, whatever it asks for.
    public static func tunnel(of head: String, to target: Endpoint) -> TestProxy.Decision {
        head.hasPrefix("CONNECT ") ? .tunnel(target) : .answer("HTTP/1.1 405 Method Not Allowed\r\n\r\n")
    }

    /// A server behind a path: takes the prefix off, or answers 404.
    public static func strip(_ prefix: String, of head: String, to target: Endpoint) -> TestProxy.Decision {
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
        let parts = lines[0].split(separator: " ").map(String.init)
        guard parts.count == 3, parts[1].hasPrefix(prefix + "/") else {
            return .answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        }
        lines[0] = "\(parts[0]) \(parts[1].dropFirst(prefix.count)) \(parts[2])"
        // One request for a connection, unless it becomes a WebSocket.
        if !head.lowercased().contains("\r\nupgrade:") { lines.append("Connection: close") }
        return .forward(target, head: lines.joined(separator: "\r\n") + "\r\n\r\n")
    }
}
