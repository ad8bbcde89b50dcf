/// The server's side of one WebSocket, without the socket (server: `web_conn.go`).
///
/// Holds what decides whether the connection is heard: the token, which is blanked for good when the session turns out
/// to be invalid at a check, and the time until which the session is not asked about again.
final class WebConnection {
    enum Message {
        case event(ServerEvent)
        /// A reply or a text that carries no number.
        case text([UInt8])
    }

    /// Events kept for a resume.
    static let ringCapacity = 128
    static let queueCapacity = 256
    /// From here on typing and status changes are not queued.
    static let slowQueueCount = 128

    var id: String
    /// Kept when the token is blanked.
    var userID = ""
    /// Empty before authentication and once the session was found invalid.
    var sessionToken = ""
    /// Until then the session is believed to be valid, in milliseconds; 0 forces a check.
    var sessionExpiresAt: Int64 = 0
    /// False while the socket is gone and the connection waits to be resumed.
    var isActive = true
    var inactiveSince: Int64 = 0
    /// Set when the hub gave the connection up; the socket is to be dropped.
    var isRemoved = false
    /// The number of the next event.
    var sequence = 0
    /// Messages that the socket has not taken yet.
    var queue: [Message] = []
    /// The shell's name for the socket.
    var number: UInt64 = 0
    /// Place in the hub's list, or nil when it is not registered.
    var slot: Int?
    /// Whether the shell has been told that there is something to write.
    var isDirty = false
    /// Whether `hello` is due at registration: not for a connection that was resumed.
    var greets = true
    private(set) var sentCount = 0
    private(set) var sentPostIDs: [String] = []
    private var ring: [(sequence: Int, event: ServerEvent)] = []
    private var ringStart = 0

    private let keepsLog: Bool

    init(id: String, keepsLog: Bool = true) {
        self.id = id
        self.keepsLog = keepsLog
    }

    /// The next message as text, numbered and remembered; nil when nothing waits.
    func takeNext() -> [UInt8]? {
        guard !queue.isEmpty else { return nil }
        sentCount += 1
        switch queue.removeFirst() {
        case .text(let text): return text
        case .event(let event): return number(event)
        }
    }

    /// Takes over place and queue of the connection that is resumed.
    func resume(_ old: WebConnection, from requested: Int, newID: () -> String) -> [[UInt8]] {
        id = old.id
        queue = old.queue
        sequence = requested
        greets = false
        let remembered = old.remembered
        // An id with sequence 0 gets neither a replay nor a hello.
        guard requested != 0 else { return [] }
        if let index = remembered.firstIndex(where: { $0.sequence == requested }) {
            ring = Array(remembered[..<index])
            return remembered[index...].map { number($0.event) }
        }
        guard let last = remembered.last, last.sequence != requested - 1 else {
            ring = remembered
            return []
        }
        id = newID()
        sequence = 0
        greets = true
        return []
    }

    private var remembered: [(sequence: Int, event: ServerEvent)] { Array(ring[ringStart...] + ring[..<ringStart]) }

    private func number(_ event: ServerEvent) -> [UInt8] {
        let text = event.text(sequence: sequence)
        if ring.count < Self.ringCapacity {
            ring.append((sequence, event))
        } else {
            ring[ringStart] = (sequence, event)
            ringStart = (ringStart + 1) % Self.ringCapacity
        }
        sequence += 1
        if keepsLog, let postID = event.postID, sentPostIDs.count < 10_000 { sentPostIDs.append(postID) }
        return text
    }
}
