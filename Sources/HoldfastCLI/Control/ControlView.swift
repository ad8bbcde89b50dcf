import ConnectionLifecycle
import Foundation
import Holdfast

/// Shows what a gateway answers: for people, or as it is.
struct ControlView {
    let style: Style
    let isJSON: Bool

    /// Whether it is as it was wished to be.
    func show(_ bytes: [UInt8], of action: ControlCommand.Action) throws(Complaint) -> Bool {
        switch action {
        case .list: try show(list: bytes)
        case .trace: pass(bytes)
        case .show:
            if isJSON { pass(bytes) } else { show(try ControlAnswer.decode(ControlAnswer.Whole.self, bytes)) }
        case .probe:
            let answer = try ControlAnswer.decode(ControlAnswer.One.self, bytes)
            if isJSON { pass(bytes) } else { show(proof: answer) }
            return answer.verdict?.verdict == "alive"
        case .reconnect, .stop, .start, .restart:
            if isJSON { pass(bytes) } else { show(try ControlAnswer.decode(ControlAnswer.One.self, bytes).account) }
        }
        return true
    }

    // MARK: - For people

    private func show(list bytes: [UInt8]) throws(Complaint) {
        if isJSON { return pass(bytes) }
        let accounts = try ControlAnswer.decode(ControlAnswer.List.self, bytes).accounts
        let header = ["account", "state", "for", "attempt", "server", "last evidence"]
        let table = TextTable(header: header, numbers: 2..<4)
        let rows = accounts.map { account in
            (
                cells: [
                    account.name, account.state, age(account), "\(account.attempt)", account.server,
                    (account.problem.map { "! \($0)" } ?? account.evidence).onOneLine.cut(to: 60),
                ], ink: account.problem == nil ? State(named: account.state)?.ink : .red
            )
        }
        for line in table.text(rows, style) { StandardOutput.write(line + "\n") }
        let counts = Dictionary(grouping: accounts, by: \.state).mapValues(\.count)
        let parts = State.allCases.compactMap { state in counts["\(state)"].map { "\($0) \(state)" } }
        let total = "\(accounts.count) \(accounts.count == 1 ? "account" : "accounts")"
        StandardOutput.write("\n\(([total] + parts).joined(separator: ", "))\n")
    }

    private func show(_ account: ControlAnswer.Account) {
        StandardOutput.write("\(account.name): \(paint(account.state))\n")
    }

    private func show(proof answer: ControlAnswer.One) {
        let text =
            answer.verdict.map { verdict in
                let ink: Style.Ink = verdict.verdict == "alive" ? .green : .red
                return "\(style.paint(verdict.verdict, ink))  \(verdict.check): \(verdict.detail.onOneLine)"
            } ?? "nothing to prove: it is \(paint(answer.account.state)), because: \(answer.account.evidence.onOneLine)"
        StandardOutput.write("\(answer.account.name): \(text)\n")
    }

    private func show(_ whole: ControlAnswer.Whole) {
        let account = whole.account
        var lines = [
            ("state", "\(paint(account.state)) for \(age(account))"), ("server", account.server),
            ("attempt", "\(account.attempt)"), ("evidence", account.evidence.onOneLine),
        ]
        if let problem = account.problem { lines.append(("problem", style.paint(problem.onOneLine, .red))) }
        lines.append(("deliveries", counts(whole.deliveries)))
        if let connection = whole.connection { lines.append(("connection", counts(connection))) }
        StandardOutput.write("\(style.paint(account.name, .bold))\n")
        for (name, value) in lines { StandardOutput.write("  \(style.paint(name.padded(to: 12), .dim))\(value)\n") }
        let records = RecordText(style: style)
        if !whole.history.isEmpty { StandardOutput.write("\n") }
        for transition in whole.history {
            let time = style.paint(Date(milliseconds: transition.at).clockText, .dim)
            let text =
                transition.record.map(records.text)
                ?? "\(transition.from) → \(transition.to)  \(transition.id)  \(transition.reason.onOneLine)"
            StandardOutput.write("\(time)  \(text)\n")
        }
    }

    private func counts(_ counts: [String: Int64]) -> String {
        let some = counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        let parts = some.map { "\($0.key.replacing("_", with: " ")) \($0.value)" }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    private func paint(_ state: String) -> String { style.paint(state, State(named: state)?.ink) }

    /// `3m 12s`; by the clock of this machine.
    private func age(_ account: ControlAnswer.Account) -> String {
        let seconds = max(0, Int(Date().timeIntervalSince(Date(milliseconds: account.since))))
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60)
        if days > 0 { return "\(days)d \(hours)h" }
        if hours > 0 { return "\(hours)h \(minutes)m" }
        return minutes > 0 ? "\(minutes)m \(seconds % 60)s" : "\(seconds)s"
    }

    private func pass(_ bytes: [UInt8]) {
        StandardOutput.write(bytes.last == UInt8(ascii: "\n") ? bytes : bytes + [UInt8(ascii: "\n")])
    }
}
