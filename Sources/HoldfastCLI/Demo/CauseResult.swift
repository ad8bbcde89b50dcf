/// What one cause showed.
struct CauseResult: Sendable {
    var cause: Cause
    /// The check whose verdict it was, `timeout` for spent misses, `lost` where the connection ended; nil: not noticed.
    var detectedBy: String?
    /// From the cause to the verdict or the loss.
    var detection: Duration?
    /// From there until the connection was open again.
    var recovery: Duration?
    /// Posts, edits and deletions.
    var sent = 0
    /// Posts that were made while nothing was heard.
    var deafPosts = 0
    var edits = 0
    var deletions = 0
    var delivered = 0
    var resumed = 0
    var caughtUp = 0
    var missed = 0
    var duplicates = 0
    /// Posts made after the recovery arrived.
    var isDelivering = false

    var isRecovered: Bool { detection != nil && recovery != nil && isDelivering }
    var isComplete: Bool { isRecovered && missed == 0 && duplicates == 0 }
}
