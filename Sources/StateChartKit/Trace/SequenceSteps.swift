import ConnectionLifecycle

/// What a sequence chart shows of one connection, one step below the other.
struct SequenceStep: Equatable {
    enum Content: Equatable {
        /// A transition, with the check whose verdict it answers.
        case transition(Row, check: String?, reason: String)
        /// A verdict that no transition answers: it came late.
        case lateVerdict(String, reason: String)
        /// A probe that was answered, so many times in a row.
        case proofs(Int, ids: [String])
        case catchUp(begins: Bool, words: String, reason: String)
        case events(String)
        case mark(String)
        case log(String)
        /// So many steps are left out here.
        case gap(Int)
    }

    /// Milliseconds since the trace began.
    var time: Int64
    var content: Content
}

extension RecordedTrace.Track {
    /// How many steps a chart shows; where there are more, those in the middle are left out.
    static let mostSteps = 120

    /// With verdicts joined to the transitions that they cause, events counted, and proofs in a row told once.
    var sequence: [SequenceStep] { bounded(joined(steps)) }

    private var steps: [SequenceStep] {
        var steps: [SequenceStep] = []
        var index = 0
        while index < records.count {
            let record = records[index]
            index += 1
            func add(_ content: SequenceStep.Content) {
                steps.append(SequenceStep(time: record.time, content: content))
            }
            switch record.content {
            case .transition(let row, let reason): add(.transition(row, check: nil, reason: reason))
            case .verdict(let outcome, let check, let detail):
                let next = index < records.count ? records[index].content : nil
                if case .transition(let row, _)? = next, row.event.name == outcome.rawValue {
                    add(.transition(row, check: check, reason: detail))
                    index += 1
                } else {
                    add(.lateVerdict("\(outcome.rawValue) by \(check)", reason: detail))
                }
            case .catchUp(let phase, let channels, _, let deliveries, let reason):
                switch phase {
                case .began:
                    let words = "catch up with \(channels) \(channels == 1 ? "channel" : "channels")"
                    add(.catchUp(begins: true, words: words, reason: reason))
                case .finished:
                    let words = "caught up: \(deliveries) \(deliveries == 1 ? "delivery" : "deliveries")"
                    add(.catchUp(begins: false, words: words, reason: ""))
                case .running, .waiting: break
                }
            case .event:
                var names: [(name: String, count: Int)] = []
                index -= 1
                while index < records.count, case .event(let name) = records[index].content {
                    if let known = names.firstIndex(where: { $0.name == name }) {
                        names[known].count += 1
                    } else {
                        names.append((name, 1))
                    }
                    index += 1
                }
                let words = names.prefix(4).map { $0.count == 1 ? $0.name : "\($0.count) × \($0.name)" }
                add(.events(words.joined(separator: ", ") + (names.count > 4 ? ", …" : "")))
            case .mark(let text): add(.mark(text))
            case .log(let level, let message): add(.log("\(level): \(message)"))
            }
        }
        return steps
    }

    private func joined(_ steps: [SequenceStep]) -> [SequenceStep] {
        var result: [SequenceStep] = []
        var index = 0
        while index < steps.count {
            var count = 0
            var ids: [String] = []
            var end = index
            while let next = proof(steps, at: end) {
                count += 1
                for id in next.ids where !ids.contains(id) { ids.append(id) }
                end = next.end
            }
            if count > 1 {
                result.append(SequenceStep(time: steps[index].time, content: .proofs(count, ids: ids)))
                index = end
            } else {
                result.append(steps[index])
                index += 1
            }
        }
        return result
    }

    /// A probe and its good answer, with nothing but events between.
    private func proof(_ steps: [SequenceStep], at start: Int) -> (ids: [String], end: Int)? {
        guard start < steps.count, case .transition(let first, _, _) = steps[start].content, first.from == .open,
            first.to == .probing
        else { return nil }
        var index = start + 1
        while index < steps.count, case .events = steps[index].content { index += 1 }
        guard index < steps.count, case .transition(let second, _, _) = steps[index].content, second.event == .alive
        else {
            return nil
        }
        index += 1
        while index < steps.count, case .events = steps[index].content { index += 1 }
        return ([first.id, second.id], index)
    }

    private func bounded(_ steps: [SequenceStep]) -> [SequenceStep] {
        guard steps.count > Self.mostSteps else { return steps }
        let half = Self.mostSteps / 2
        let gap = SequenceStep(time: steps[half].time, content: .gap(steps.count - 2 * half))
        return steps.prefix(half) + [gap] + steps.suffix(half)
    }
}
