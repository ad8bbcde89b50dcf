/// A request that waits for its answer. Answered once; what comes later, or after the connection ended, is ignored.
/// Loop-confined.
package final class HTTPExchange {
    private weak var connection: HTTPServerConnection?
    /// Added to every answer.
    package var headers: [(name: String, value: String)] = []

    init(_ connection: HTTPServerConnection) { self.connection = connection }

    package func answer(_ response: HTTPServerResponse) {
        guard let connection = take() else { return }
        var response = response
        response.headers += headers
        connection.answer(response)
    }

    /// Answers with a body that comes in parts and has no end of its own.
    ///
    /// - Returns: nil where there is nobody any more, or only the head was asked for.
    package func stream(_ status: Int, _ fields: [(name: String, value: String)]) -> HTTPBodyStream? {
        take()?.stream(status, fields + headers)
    }

    private func take() -> HTTPServerConnection? {
        defer { connection = nil }
        return connection
    }
}

/// A body that goes on (RFC 9112 §7.1). Loop-confined.
package final class HTTPBodyStream {
    private weak var connection: HTTPServerConnection?
    /// All that was written is with the kernel.
    package var onDrained: (() -> Void)?
    /// Nobody reads any more; called once.
    package var onEnd: (() -> Void)?

    init(_ connection: HTTPServerConnection) { self.connection = connection }

    /// Ignored after the end. A client that has too much queued is dropped: `onEnd` follows on a later turn.
    package func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        connection?.write(part: bytes)
    }

    /// Bytes that wait for the client.
    package var queuedByteCount: Int { connection?.stream.queuedByteCount ?? 0 }

    func ended() {
        let onEnd = self.onEnd
        (self.onEnd, onDrained, connection) = (nil, nil, nil)
        onEnd?()
    }
}
