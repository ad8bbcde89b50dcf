internal import WorldInterface

/// When a request that may be sent twice without harm is sent again: after what time may heal, a bounded number of times,
/// with growing pauses. A value without a clock; whoever asks it does the waiting.
struct Repetition {
    /// The longest pause between two attempts, where the server does not say how long.
    static let longestPause = Duration.seconds(2)
    /// A server that wants to be left alone for longer is left alone: the error is thrown, with its `retryAfter`.
    static let longestRetryAfter = Duration.seconds(10)

    private var attemptsLeft: Int
    private var nextPause = Duration.milliseconds(100)

    /// - Parameter attempts: how often it is sent at most; at least 1.
    init(attempts: Int) { attemptsLeft = max(attempts, 1) }

    /// How long to wait after a failed attempt before the next one; nil when the failure is final.
    mutating func pause(after failure: MattermostError) -> Duration? {
        attemptsLeft -= 1
        guard attemptsLeft > 0 else { return nil }
        switch failure {
        case .rateLimited(let retryAfter): return retryAfter > Self.longestRetryAfter ? nil : retryAfter
        case .server: break
        case .transport(let error):
            switch error.kind {
            case .nameNotFound, .refused, .unreachable, .timedOut, .reset, .tlsFailed, .addressInUse, .accessDenied,
                .tooManyDescriptors, .outOfMemory, .portsExhausted, .proxyRefused, .other:
                break
            // Neither a certificate nor an answer nor a password gets better by asking again.
            case .tlsUntrusted, .tlsHostMismatch, .proxyAuthentication, .cancelled, .tooLarge, .malformed: return nil
            }
        case .unauthorized, .forbidden, .notFound, .badRequest, .unexpected: return nil
        }
        defer { nextPause = min(nextPause * 2, Self.longestPause) }
        return nextPause
    }
}

extension MattermostError {
    /// Whether the server may have done what was asked although this was the answer.
    var leavesDoubt: Bool {
        switch self {
        case .server, .transport: true
        case .rateLimited, .unauthorized, .forbidden, .notFound, .badRequest, .unexpected: false
        }
    }
}
