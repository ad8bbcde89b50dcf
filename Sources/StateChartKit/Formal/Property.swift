/// Something that must hold of the table under everything that its surroundings can do.
public struct Property: Hashable, Sendable {
    /// What a check of it looks for.
    public enum Kind: Hashable, Sendable {
        /// No step breaks the rule; the bit is its place in `broken` of the model.
        case rule(Int)
        /// However long it takes, the debt is paid; an expression of the model that is true while it is not.
        case debt(String)
        /// Nothing is stuck that is not at an end.
        case noDeadlock
        /// Every state is entered and every row is taken by some course of events.
        case reachability
    }

    /// A word, the same in the model, in reports and in tests.
    public let name: String
    /// For people.
    public let sentence: String
    public let kind: Kind

    /// All of them: the rules in the order of their bits, then the others.
    public static let all: [Property] = rules + [deadlock, reachable] + debts

    static let deadlock = Property(
        name: "deadlock", sentence: "Only idle and stopped may stand still: nothing else can get stuck.",
        kind: .noDeadlock)
    static let reachable = Property(
        name: "reachable", sentence: "Every state is entered and every row is taken by some course of events.",
        kind: .reachability)

    static let rules: [Property] = [
        ("links", "There are never two links: a connection dials only when its last link is gone."),
        ("letGo", "No live link is dropped without a close, and nothing is held at an end or kept when it is gone."),
        ("late", "Nothing of an older link, an older proof or another state's deadline has an effect."),
        ("numbered", "Every link has a generation of its own."),
        ("final", "Nothing leaves stopped."),
        ("deadline", "Every state but idle and stopped has its deadline, and it leads to another state."),
        ("answered", "Whatever can really happen in a state has a row."),
        (
            "working",
            "No unanswered proof, suspicion or error of REST alone ends a working connection while misses are left."
        ),
        ("verdict", "Alive and a miss that is forgiven end the proof; deaf and the last miss drain the connection."),
        ("greeted", "An attempt that is ready becomes an open connection, and no other does."),
        (
            "asked",
            "In open, a suspicion, the probe's time and the user's question begin a proof, and nothing else does."
        ),
        ("stopping", "A stop begins at once, and no attempt follows it."),
        ("unasked", "Stopped is reached only by a stop or by a failure that is final, and is wanted then."),
        (
            "atOnce",
            "The user's start dials at once; so does a reconnect from a wait, and it leaves a connection at once."
        ),
        (
            "onlyBy",
            "Each state ends only by what it waits for, and by the user's stop or reconnect where that counts."
        ),
        ("prompt", "The wait is short after a first deaf verdict and the user's reconnect, and only then."),
    ].enumerated().map { Property(name: $1.0, sentence: $1.1, kind: .rule($0)) }

    static let debts: [Property] = [
        ("stopEnds", "A stop, or a failure that is final, leads to stopped.", "stop_asked && state != stopped"),
        ("deafReplaced", "A deaf verdict leads to connecting, unless a stop is wanted.", "(owed & OWED_DEAF)"),
        ("missedReplaced", "The last miss leads to connecting, unless a stop is wanted.", "(owed & OWED_MISSED)"),
        ("lostReplaced", "A lost connection leads to connecting, unless a stop is wanted.", "(owed & OWED_LOST)"),
        ("failureRetried", "A failed attempt that may be repeated leads to connecting.", "(owed & OWED_RETRY)"),
        (
            "reconnectFollowed", "The user's reconnect leads to connecting, unless a stop is wanted.",
            "(owed & OWED_RECONNECT)"
        ),
        ("startFollowed", "The user's start leads to connecting, unless a stop is wanted.", "(owed & OWED_START)"),
        ("attemptReleased", "Every attempt is released.", "(held & ATTEMPT)"),
        ("probeReleased", "Every probe is released.", "(held & PROBE)"),
        ("closingReleased", "Every closing socket is released.", "(held & CLOSING)"),
    ].map { Property(name: $0.0, sentence: $0.1, kind: .debt($0.2)) }
}
