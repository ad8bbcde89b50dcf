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

extension Row {
    /// `T04 attemptFailed [may retry]`
    var label: String { condition.words.map { "\(id) \(event.name) [\($0)]" } ?? "\(id) \(event.name)" }
}

extension Edge.Label {
    /// `T13 T22 reconnect`, `T04 attemptFailed [may retry]`
    var words: String {
        let plain = "\(ids.joined(separator: " ")) \(event.name)"
        return condition.words.map { "\(plain) [\($0)]" } ?? plain
    }
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
    /// Each action with its name and what it does, in the order of the bits.
    static let glossary: [(action: Actions, name: String, meaning: String)] = [
        (.beginAttempt, "beginAttempt", "The next generation begins."),
        (.markReady, "markReady", "Remember when the connection became ready; no misses."),
        (
            .countFailure, "countFailure",
            "One more failure in a row: the wait grows. Forgotten after a stable connection."
        ),
        (.countMiss, "countMiss", "One more unanswered probe in a row."),
        (.clearMisses, "clearMisses", "The connection answered: no misses."),
        (.retryAtOnce, "retryAtOnce", "The next wait is short."),
        (.firstRetryAtOnce, "firstRetryAtOnce", "The next wait is short if this failure is the first in a row."),
        (.wantStop, "wantStop", "No further attempt: the end is stopped."),
    ]

    /// The names, in the order of the bits.
    var names: [String] { Actions.glossary.filter { contains($0.action) }.map(\.name) }
}
