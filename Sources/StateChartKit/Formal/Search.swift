/// What spin's verifier says of one search.
public struct Search: Hashable, Sendable, Codable {
    public var errors = 0
    /// Told apart and kept.
    public var states = 0
    public var transitions = 0
    /// The longest course of steps that was followed.
    public var depth = 0
    /// Of the search alone, as spin measures it.
    public var seconds = 0.0
    /// Spin's line about the first error.
    public var complaint: String?
    /// A limit was hit, so that nothing follows from the absence of errors.
    public var isCut = false
    /// Indices of the rows that were taken and of the states that were entered, where the search tells.
    var rows: Set<Int> = []
    var entered: Set<Int> = []

    enum CodingKeys: CodingKey {
        case errors, states, transitions, depth, seconds, complaint, isCut
    }

    /// Reads the output of a verifier that ended by itself.
    init(reading run: Program.Run) throws(VerificationFailure) {
        var isComplete = false
        for line in run.text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix("row "), let row = Int(words[1]) { rows.insert(row) }
            if line.hasPrefix("state "), let state = Int(words[1]) { entered.insert(state) }
            if line.hasPrefix("State-vector"), let count = words.last.flatMap({ Int($0) }) {
                errors = count
                isComplete = true
                if let place = words.firstIndex(of: "reached") {
                    depth = Int(words[place + 1].filter(\.isNumber)) ?? 0
                }
            }
            if words.count > 2, words[1] == "states,", words[2] == "stored" { states = Int(words[0]) ?? 0 }
            if words.count > 1, words[1] == "transitions" { transitions = Int(words[0]) ?? 0 }
            if line.hasPrefix("pan: elapsed time") { seconds = Double(words[3]) ?? 0 }
            if line.contains("max search depth too small") || line.contains("out of memory") { isCut = true }
            if line.hasPrefix("pan:"), complaint == nil,
                line.contains("assertion violated") || line.contains("invalid end state")
                    || line.contains("acceptance cycle")
            {
                complaint = line.dropFirst(4).trimmingPrefix { $0 == " " || $0.isNumber || $0 == ":" }.description
            }
        }
        guard isComplete, run.status >= 0 else {
            throw VerificationFailure(
                cause: .failed, description: "spin's verifier ended with status \(run.status):\n\(run.text)")
        }
    }
}
