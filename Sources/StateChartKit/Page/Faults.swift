import ConnectionLifecycle

/// What goes wrong in the wild, and the transitions that answer it.
struct Fault {
    /// What happens, as an operator would call it.
    let name: String
    /// What can be seen of it on the connection.
    let seen: String
    /// What the engine does, in the words of its user.
    let answer: String
    /// The ids of the transitions that do it, step by step; where one of several is taken, all of them.
    let steps: [[String]]

    init(_ name: String, seen: String, answer: String, _ steps: String...) {
        self.name = name
        self.seen = seen
        self.answer = answer
        self.steps = steps.map { $0.split(separator: " ").map(String.init) }
    }

    var transitions: [String] { steps.flatMap { $0 } }

    /// First what the engine exists for, then in the order of a connection's life. The tests hold the steps against the
    /// table.
    static let all = [
        Fault(
            "Account disabled and enabled", seen: "the socket lives, ping and pong work, no event comes ever again",
            answer:
                "Ask at intervals and judge the content of the answer; a refusal proves it deaf. Replace it at once.",
            "T09", "T16", "T24", "T31", "T34", "T03"),
        Fault(
            "Server frozen, or the network swallows everything", seen: "TCP stays open, nothing is answered",
            answer:
                "An unanswered question is a miss; ask again soon. After too many in a row, replace the connection.",
            "T19", "T09", "T20", "T24", "T31", "T34"),
        // While connecting.
        Fault(
            "The server accepts and says nothing", seen: "TCP opens, no greeting follows",
            answer: "It is no connection before it is greeted and has answered, and the time to get there is limited.",
            "T06", "T29 T31", "T34"),
        Fault(
            "The server restarts, or is down", seen: "connection refused",
            answer: "Wait, longer after each failure and never in step with others, and try again.", "T04", "T34"),
        Fault(
            "401 while a database is down, or an account is disabled", seen: "a valid token is refused",
            answer: "A refusal is not final: try again, slowly, unless a budget of attempts was set.", "T04", "T34"),
        Fault(
            "Rate limit", seen: "429 with `Retry-After`", answer: "Wait as long as the server asks, and a little more.",
            "T04", "T34"),
        Fault(
            "Trying again cannot help",
            seen: "what was configured cannot be dialled at all, or the budget of attempts is spent",
            answer: "Stop, and say so, instead of hammering.", "T05 T07", "T28 T30"),
        // While open.
        Fault(
            "Nothing happens for hours", seen: "no events, and nothing is wrong",
            answer: "Silence is no evidence: ask, and stay.", "T09", "T15"),
        Fault(
            "An event is missing", seen: "a gap in the sequence numbers", answer: "A reason to ask now, not a verdict.",
            "T10", "T15"),
        Fault(
            "The account's profile is edited", seen: "its revision changes, as it does when it is disabled",
            answer: "Let an event make the round trip; where it comes back, stay.", "T09", "T15"),
        Fault(
            "A probe is answered late", seen: "one slow answer, then good ones",
            answer: "Forgive one miss, drop the late answer, and forget the miss at the next good one.", "T19", "T09",
            "T15"),
        Fault(
            "A proof that proves nothing", seen: "the service can tell neither alive nor deaf",
            answer: "It counts as a miss, like no answer at all.", "T17", "T09", "T18", "T24"),
        Fault(
            "Reset", seen: "the peer or the network ends the connection",
            answer: "In whatever state: nothing is left to close, so wait and connect again.", "T12 T21 T25", "T34"),
        Fault(
            "Deaf again and again", seen: "each new connection is judged deaf soon",
            answer: "Only the first retry comes at once; then the waits grow.", "T16", "T24", "T29 T31", "T34"),
        // At the end.
        Fault(
            "Silent peer at close", seen: "the close is not answered",
            answer: "The close has a limit; then the socket is destroyed.", "T13 T22 T24 T26", "T31"),
        Fault(
            "Stop while everything is broken", seen: "a stop in any state, whatever the network does",
            answer: "Every state but the two ends has a limit, so the end comes within a bounded time.",
            "T02 T08 T14 T23 T27 T32 T36", "T28 T30"),
    ]
}

extension [String] {
    /// `T28`, `T29 or T31`, `T12, T21 or T25`
    fileprivate var alternatives: String {
        guard let last, count > 1 else { return first ?? "" }
        return "\(dropLast().joined(separator: ", ")) or \(last)"
    }
}

extension StateChart {
    var faultTable: String {
        markdownTable(
            ["what goes wrong", "what is seen", "what the engine does", "by"],
            Fault.all.map { fault in
                let steps = fault.steps.map { $0.alternatives }
                return ["**\(fault.name)**", fault.seen, fault.answer, steps.joined(separator: " → ")]
            })
    }

    /// The faults that a state's own transitions answer.
    func faults(of state: State) -> [Fault] {
        Fault.all.filter { fault in
            transitions.contains { $0.from == state && fault.transitions.contains($0.id) }
        }
    }
}
