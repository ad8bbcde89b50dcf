import ConnectionLifecycle

/// What sort of event a transition answers; decides how its line is drawn.
enum EventKind: String, CaseIterable {
    case input, deadline, failure
}

extension Event {
    var name: String { String(describing: self) }

    var kind: EventKind {
        switch self {
        case .start, .stop, .reconnect, .probe, .ready, .suspicion, .alive, .closed: .input
        case .attemptFailed, .lost, .deaf, .inconclusive: .failure
        case .connectTimeout, .probeDue, .probeTimeout, .drained, .closeTimeout, .retryDue: .deadline
        }
    }
}

extension State {
    var name: String { String(describing: self) }
}

extension Guard {
    /// The condition in words; nil where there is none.
    var words: String? {
        switch self {
        case .always: nil
        case .when(.mayRetry): "may retry"
        case .unless(.mayRetry): "final"
        case .when(.missesLeft): "misses left"
        case .unless(.missesLeft): "misses spent"
        case .when(.stopWanted): "stop wanted"
        case .unless(.stopWanted): "no stop"
        }
    }
}

extension Row {
    /// `T04 attemptFailed [may retry]`
    var label: String { condition.words.map { "\(id) \(event.name) [\($0)]" } ?? "\(id) \(event.name)" }
}

extension Resources {
    /// The names, in the order of the bits.
    var names: [String] {
        let known: [(Resources, String)] = [
            (.attempt, "attempt"), (.socket, "socket"), (.probe, "probe"), (.closing, "closing socket"),
        ]
        return known.filter { contains($0.0) }.map(\.1)
    }
}

extension Actions {
    /// The names, in the order of the bits.
    var names: [String] {
        let known: [(Actions, String)] = [
            (.beginAttempt, "beginAttempt"), (.markReady, "markReady"), (.countFailure, "countFailure"),
            (.countMiss, "countMiss"), (.clearMisses, "clearMisses"), (.retryAtOnce, "retryAtOnce"),
            (.firstRetryAtOnce, "firstRetryAtOnce"), (.wantStop, "wantStop"),
        ]
        return known.filter { contains($0.0) }.map(\.1)
    }
}
