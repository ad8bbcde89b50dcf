import BenchmarkKit

/// Which cases are wanted: `*`, `1.*`, `9.1.1`, several with commas between them.
struct CaseSelection: Sendable {
    private enum Pattern: Sendable {
        case all
        /// `9.1.*`: what begins with these numbers.
        case group([Substring])
        case one(String)
    }

    private let patterns: [Pattern]

    init(_ text: String) throws(Complaint) {
        var patterns: [Pattern] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            var parts = word.split(separator: ".", omittingEmptySubsequences: false)
            let isGroup = parts.last == "*"
            if isGroup { parts.removeLast() }
            guard isGroup || !parts.isEmpty, parts.allSatisfy({ UInt16($0) != nil }) else {
                throw Complaint("--cases is a list such as 1.*,9.1.1 or *, not \(text)")
            }
            patterns.append(parts.isEmpty ? .all : isGroup ? .group(parts) : .one(String(word)))
        }
        self.patterns = patterns
    }

    func contains(_ identifier: String) -> Bool {
        let parts = identifier.split(separator: ".")
        return patterns.contains { pattern in
            switch pattern {
            case .all: true
            case .group(let prefix): parts.starts(with: prefix)
            case .one(let wanted): identifier == wanted
            }
        }
    }
}
