import ConnectionLifecycle

/// A course of events, as spin tells it: what happened, and what the model made of it.
struct Course: Hashable, Sendable {
    /// Where an event came from.
    enum Origin: Int, Sendable {
        /// From what is there now, or from the user.
        case present
        /// From a phase of the present link that is over.
        case olderPhase
        /// From the link before, and from the one before that.
        case olderLink, oldestLink
        case olderProof
        /// The deadline of a state that is over.
        case olderDeadline

        /// What a person is told; nil where there is nothing to add.
        var words: String? {
            switch self {
            case .present: nil
            case .olderPhase: "late, of an older phase"
            case .olderLink: "late, of the link before"
            case .oldestLink: "late, of a link long gone"
            case .olderProof: "late, of the proof before"
            case .olderDeadline: "late, of another state"
            }
        }
    }

    struct Step: Hashable, Sendable {
        /// nil: the connection has been up for long enough to be stable.
        let event: Event?
        let origin: Origin
        let isFatal: Bool
        /// The row's index; nil where none was taken.
        let row: Int?
        let state: State
        let misses, failures, generation, round: Int
        let atOnce, stopWanted: Bool
        /// The bits of the rules that this step broke.
        let broken: Int

        /// Whether the machine is as it is there, whatever brought it there.
        func isSameSituation(as other: Step) -> Bool {
            state == other.state && misses == other.misses && failures == other.failures
                && generation == other.generation && round == other.round && atOnce == other.atOnce
                && stopWanted == other.stopWanted
        }
    }

    var steps: [Step] = []
    /// The index of the first step of those that repeat for ever.
    var cycle: Int?
    /// The user's attempt budget; nil for none.
    var budget: UInt32?

    /// Of the printed course, what is not a step of ours is ignored.
    init(reading output: String) {
        for line in output.split(separator: "\n") {
            if line.contains("START OF CYCLE") { cycle = steps.count }
            guard let start = line.firstRange(of: "step ") else { continue }
            let numbers = line[start.upperBound...].split(separator: " ").compactMap { Int($0) }
            guard numbers.count == 13, let origin = Origin(rawValue: numbers[1]),
                let state = State(rawValue: UInt8(numbers[4]))
            else { continue }
            steps.append(
                Step(
                    event: Event(rawValue: UInt8(numbers[0])), origin: origin, isFatal: numbers[2] == 1,
                    row: numbers[3] == 255 ? nil : numbers[3], state: state, misses: numbers[5], failures: numbers[6],
                    generation: numbers[7], round: numbers[8], atOnce: numbers[9] == 1, stopWanted: numbers[10] == 1,
                    broken: numbers[12]))
            budget = numbers[11] == 255 ? nil : UInt32(numbers[11])
        }
    }
}
