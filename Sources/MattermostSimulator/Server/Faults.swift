/// What is wrong with the server on purpose.
struct Faults {
    struct Failure {
        var status: Int
        var pathPrefix: String
        var remaining: Int
    }

    struct Loss {
        var pathPrefix: String
        var remaining: Int
    }

    /// Answers come that much late.
    var answerDelay: Duration?
    var rateLimit: RateLimit?
    var failures: [Failure] = []
    var losses: [Loss] = []
    /// Replies on WebSockets come twice, and that much late.
    var repeatsReplies = false
    var replyDelay: Duration?
    /// The listener is closed; the kernel refuses.
    var refusesConnections = false

    /// The status to fail this request with, counted down.
    mutating func takeFailure(for path: String) -> Int? {
        guard let index = failures.firstIndex(where: { path.hasPrefix($0.pathPrefix) }) else { return nil }
        let status = failures[index].status
        failures[index].remaining -= 1
        if failures[index].remaining <= 0 { failures.remove(at: index) }
        return status
    }

    /// Whether the answer to this request gets lost, counted down.
    mutating func takeLoss(for path: String) -> Bool {
        guard let index = losses.firstIndex(where: { path.hasPrefix($0.pathPrefix) }) else { return false }
        losses[index].remaining -= 1
        if losses[index].remaining <= 0 { losses.remove(at: index) }
        return true
    }
}
