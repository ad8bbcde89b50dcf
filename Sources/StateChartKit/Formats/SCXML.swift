import ConnectionLifecycle

extension StateChart {
    /// The whole table as SCXML (W3C Recommendation, 1 September 2015) that an interpreter can load and execute.
    ///
    /// Only numbers and strings, so that every expression means the same in ECMAScript and in interpreters whose
    /// expressions are Python's.
    public var scxml: String { SCXMLWriter(chart: self).document }
}

/// Writes the table as SCXML.
struct SCXMLWriter {
    let chart: StateChart

    var document: String {
        let timing = Timing()
        let backoff = BackoffPolicy()
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- Generated from the transition table by `swift run charts`; do not edit. Digest \(chart.digest).

                 Every event carries, in _event.data:
                   fromGeneration  the attempt whose link sent it; commands and deadlines 0
                   fromRound       the probe that sent it; others 0
                   failure         why, with attemptFailed and lost: 'retryable', 'unauthorized', 'rateLimited', 'fatal';
                                   'retryable' with others
                   limit           how long the server asked to wait, in nanoseconds, with 'rateLimited'; -1 elsewhere
                   now             the time of a monotonic clock, in nanoseconds
                   due             with a deadline: when the deadline of the present state is due, by the same clock
                 A result of an older attempt or probe, and a deadline that is not due, match no condition: they are late
                 and change nothing. A transition without target says that an event is ignored on purpose. -->
            <scxml xmlns="http://www.w3.org/2005/07/scxml" xmlns:table="\(SCXMLWriter.namespace)" version="1.0"
                   datamodel="ecmascript" name="lifecycle" initial="idle" table:digest="\(chart.digest)">
                <datamodel>
                    <!-- Settings; the values are Holdfast's own. No attempt budget is the largest number of 32 bits. -->
                    <data id="attemptBudget" expr="\(backoff.attemptBudget ?? .max)"/>
                    <data id="missesAllowed" expr="\(timing.missesAllowed)"/>
                    <data id="resetAfter" expr="\(backoff.resetAfter.nanoseconds)"/>
                    <!-- Memory. readySince is -1 where no connection waits to be judged; stopWanted is 0 or 1. -->
                    <data id="generation" expr="0"/>
                    <data id="round" expr="0"/>
                    <data id="misses" expr="0"/>
                    <data id="failures" expr="0"/>
                    <data id="stopWanted" expr="0"/>
                    <data id="readySince" expr="-1"/>
                    <!-- How the next wait is drawn: 'paced', 'slow', 'atOnce', or 'after' with retryAfter nanoseconds. -->
                    <data id="lane" expr="'paced'"/>
                    <data id="retryAfter" expr="-1"/>
                </datamodel>
            \(chart.table.states.map(state).joined(separator: "\n"))
            </scxml>

            """
    }

    /// Of the attributes that SCXML does not have; interpreters pass over them.
    static let namespace = "urn:holdfast:transition-table"

    private func state(_ definition: StateDefinition) -> String {
        let rows = chart.table.rows.filter { $0.from == definition.state }
        // A `final` may not have transitions, not even those that say what is ignored.
        let element = rows.isEmpty ? "final" : "state"
        let owns = definition.owns.identifiers.joined(separator: " ")
        let deadline = definition.deadline.map { " table:deadline=\"\($0)\"" } ?? ""
        let entry = definition.deadline.map { "On entry: acquire what is owned and not yet held; arm \($0)." }
        let exit = definition.deadline == nil ? "" : " On exit: disarm; release what the next state does not own."
        var lines = [
            "    <\(element) id=\"\(definition.state.name)\" table:owns=\"\(owns)\"\(deadline)",
            "        table:meaning=\"\(definition.meaning.attributeForXML)\">",
            "        <!-- \((entry ?? "Owns nothing and waits for nothing.") + exit) -->",
        ]
        if definition.deadline == nil, !definition.owns.isEmpty {
            lines[2] = "        <!-- On entry: acquire what is owned and not yet held. -->"
        }
        lines += rows.flatMap { transition($0, in: definition) }
        lines.append("    </\(element)>")
        return lines.joined(separator: "\n")
    }

    private func transition(_ row: Row, in definition: StateDefinition) -> [String] {
        let conditions = gate(row.event, in: definition) + [row.condition.expression].compactMap(\.self)
        let condition = conditions.isEmpty ? "" : " cond=\"\(conditions.joined(separator: " && ").attributeForXML)\""
        let target = row.to.map { " target=\"\($0.name)\"" } ?? ""
        let head = [
            "        <transition table:id=\"\(row.id.attributeForXML)\" event=\"\(row.event.name)\"\(condition)\(target)",
            "            table:because=\"\(row.because.attributeForXML)\"",
        ]
        let content = content(of: row, in: definition)
        guard !content.isEmpty else { return [head[0], head[1] + "/>"] }
        return [head[0], head[1] + ">"] + content.map { "            " + $0 } + ["        </transition>"]
    }

    /// What an event must show to be taken; what the state owns decides it.
    private func gate(_ event: Event, in definition: StateDefinition) -> [String] {
        let never = ["0 == 1"]
        switch event.emitter {
        case .command: return []
        case .deadline(let kind):
            return kind == definition.deadline ? ["_event.data.now >= _event.data.due"] : never
        case .resource(let resource):
            guard definition.owns.contains(resource) else { return never }
            let link = "_event.data.fromGeneration == generation"
            return resource == .probe ? [link, "_event.data.fromRound == round"] : [link]
        }
    }

    /// The actions, in the order in which the machine applies them.
    private func content(of row: Row, in definition: StateDefinition) -> [String] {
        guard let to = row.to else { return [] }
        let acquired = (chart.table.definition(of: to)?.owns ?? []).subtracting(definition.owns)
        var lines: [String] = []
        let order: [Actions] = [
            .beginAttempt, .markReady, .clearMisses, .countMiss, .countFailure, .firstRetryAtOnce, .retryAtOnce,
            .wantStop,
        ]
        var isSettled = row.actions.isDisjoint(with: [.countFailure, .retryAtOnce, .wantStop])
        for action in order where row.actions.contains(action) {
            if !isSettled, action.isSubset(of: [.countFailure, .firstRetryAtOnce, .retryAtOnce, .wantStop]) {
                lines += SCXMLWriter.settlement
                isSettled = true
            }
            lines += action.executableContent
        }
        if acquired.contains(.probe) { lines.append("<assign location=\"round\" expr=\"round + 1\"/>") }
        return lines
    }

    /// A connection that stayed ready long enough has earned a clean slate; asked when it ends or is judged.
    private static let settlement = [
        "<if cond=\"readySince &gt;= 0 &amp;&amp; _event.data.now - readySince &gt;= resetAfter\">",
        "    <assign location=\"failures\" expr=\"0\"/>",
        "</if>",
        "<assign location=\"readySince\" expr=\"-1\"/>",
    ]
}

extension Actions {
    /// What one action does to the datamodel.
    fileprivate var executableContent: [String] {
        func assign(_ location: String, _ expression: String) -> String {
            "<assign location=\"\(location)\" expr=\"\(expression)\"/>"
        }
        switch self {
        case .beginAttempt: return [assign("generation", "generation + 1")]
        case .markReady:
            return [assign("readySince", "_event.data.now"), assign("misses", "0"), assign("lane", "'paced'")]
        case .clearMisses: return [assign("misses", "0")]
        case .countMiss: return [assign("misses", "misses + 1")]
        case .countFailure:
            return [
                assign("failures", "failures + 1"),
                "<if cond=\"_event.data.failure == 'unauthorized'\">",
                "    " + assign("lane", "'slow'"),
                "<elseif cond=\"_event.data.failure == 'rateLimited' &amp;&amp; _event.data.limit &gt;= 0\"/>",
                "    " + assign("lane", "'after'"),
                "    " + assign("retryAfter", "_event.data.limit"),
                "<else/>",
                "    " + assign("lane", "'paced'"),
                "</if>",
            ]
        case .firstRetryAtOnce:
            return ["<if cond=\"failures == 1\">", "    " + assign("lane", "'atOnce'"), "</if>"]
        case .retryAtOnce: return [assign("lane", "'atOnce'")]
        case .wantStop: return [assign("stopWanted", "1")]
        default: return []
        }
    }
}

extension Guard {
    fileprivate var expression: String? {
        switch self {
        case .always: nil
        case .when(.mayRetry): "_event.data.failure != 'fatal' && failures < attemptBudget"
        case .unless(.mayRetry): "(_event.data.failure == 'fatal' || failures >= attemptBudget)"
        case .when(.missesLeft): "misses < missesAllowed"
        case .unless(.missesLeft): "misses >= missesAllowed"
        case .when(.stopWanted): "stopWanted == 1"
        case .unless(.stopWanted): "stopWanted == 0"
        }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}

extension String {
    /// For an attribute, so that nothing is lost: what XML cannot hold is written as `\u{1}`, and a backslash as two.
    fileprivate var attributeForXML: String {
        var text = ""
        for scalar in unicodeScalars {
            if scalar == "\\" {
                text += "\\\\"
            } else if scalar.isXML {
                text.unicodeScalars.append(scalar)
            } else {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return text.escapedForXML
    }
}
