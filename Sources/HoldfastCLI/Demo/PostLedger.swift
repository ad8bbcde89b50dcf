/// Which posts were made, and how often each arrived.
struct PostLedger {
    /// In order; an answer that was lost on its way does not unmake the post.
    private(set) var sent: [String] = []
    private var arrivals: [String: Int] = [:]

    mutating func send(_ id: String) { sent.append(id) }

    mutating func arrive(_ id: String) { arrivals[id, default: 0] += 1 }

    func hasArrived(_ id: String) -> Bool { arrivals[id] != nil }

    var delivered: Int { sent.count { arrivals[$0] != nil } }
    var missed: Int { sent.count - delivered }
    var duplicates: Int { arrivals.values.reduce(0) { $0 + $1 - 1 } }
}
