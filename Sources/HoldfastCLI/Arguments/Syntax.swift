/// What a command understands: parses its arguments and writes its help.
struct Syntax: Sendable {
    struct Option: Sendable {
        /// With its dashes.
        var name: String
        /// What stands for the value in the help; nil for a switch.
        var value: String?
        var help: String

        init(_ name: String, _ value: String? = nil, _ help: String) {
            self.name = name
            self.value = value
            self.help = help
        }

        var heading: String { value.map { "\(name) \($0)" } ?? name }
    }

    var name: String
    /// One line.
    var summary: String
    /// What stands for the operands in the help; empty where there are none.
    var operands = ""
    var options: [Option]
    /// Paragraphs after the options.
    var notes = ""

    // MARK: Help

    var help: String {
        let all = options + [Option("--help", "this text")]
        let width = all.map(\.heading.count).max() ?? 0
        let lines = all.map { option in
            let pad = String(repeating: " ", count: width - option.heading.count)
            let indent = "\n" + String(repeating: " ", count: width + 4)
            return "  \(option.heading)\(pad)  \(option.help.replacing("\n", with: indent))"
        }
        return """
            usage: holdfast \(name)\(operands.isEmpty ? "" : " \(operands)") [OPTIONS]

            \(summary)

            \(lines.joined(separator: "\n"))\(notes.isEmpty ? "" : "\n\n" + notes)
            """
    }

    // MARK: Parsing

    /// `--name value` or `--name=value`. Values never appear in a complaint: one of them may be a secret in a wrong place.
    func parse(_ arguments: [String]) throws(Complaint) -> Arguments {
        var values: [String: [String]] = [:]
        var others: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-") else {
                guard !operands.isEmpty else {
                    throw Complaint("takes no arguments besides its options; see holdfast \(name) --help")
                }
                others.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            guard let option = options.first(where: { $0.name == key }) else { throw unknown(key) }
            guard let placeholder = option.value else {
                guard parts.count == 1 else { throw Complaint("\(key) takes no value") }
                values[key, default: []].append("")
                continue
            }
            if parts.count == 2 {
                values[key, default: []].append(String(parts[1]))
            } else if let value = rest.popFirst() {
                values[key, default: []].append(value)
            } else {
                throw Complaint("\(key) needs a value: \(key) \(placeholder)")
            }
        }
        return Arguments(values, operands: others)
    }

    private func unknown(_ key: String) -> Complaint {
        if key == "--token" {
            return Complaint(
                "a token does not belong into an argument, which every process of the machine can read; "
                    + "put it into a file (--token-file PATH) or into HOLDFAST_TOKEN")
        }
        let near = options.map(\.name).filter { $0.hasPrefix(key) || key.hasPrefix($0) }
        let hint = near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
        let shown = key.utf8.count <= 40 && key.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? " \(key)" : ""
        return Complaint("unknown option\(shown)\(hint.isEmpty ? "; see holdfast \(name) --help" : hint)")
    }
}

extension Syntax.Option {
    /// A switch.
    init(_ name: String, _ help: String) { self.init(name, nil, help) }
}
