import ConnectionLifecycle

extension Deadline {
    /// How long a state may last, in words: the defaults of the engine.
    var usual: String {
        let timing = Timing()
        let backoff = BackoffPolicy()
        return switch self {
        case .connectTimeout: timing.connectTimeout.words
        case .probeDue: timing.probeInterval.words
        case .probeTimeout: timing.probeTimeout.words
        case .drained: timing.drain.words
        case .closeTimeout: timing.closeTimeout.words
        case .retryDue: backoff.cap.words
        }
    }

    /// What the short form leaves out; nil where that is nothing.
    var exceptions: String? {
        let timing = Timing()
        let backoff = BackoffPolicy()
        return switch self {
        case .connectTimeout, .probeTimeout, .drained, .closeTimeout: nil
        case .probeDue: "\(timing.firstProbe.words) after an attempt, \(timing.probeAgain.words) after a miss"
        case .retryDue:
            "\(backoff.initial.words) after the first failure, longer after each; at once after a deaf verdict; "
                + "up to \(backoff.retryAfterCap.words) where the server asks for it"
        }
    }
}

extension Duration {
    /// `250 ms`, `1 s`, `1.5 s`, `5 min`
    fileprivate var words: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        if milliseconds >= 120_000, milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000) min" }
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(Double(milliseconds) / 1000) s"
    }
}
