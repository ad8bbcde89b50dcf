/// Compares a document with its description, and collects all that differs.
struct ShapeCheck {
    private(set) var findings: [Finding] = []
    /// The places of the values that are not as they must be; nobody needs to read them.
    private(set) var wrong: Set<Int> = []

    mutating func check(_ value: JSONNode, as section: ConfigurationShape.Section) {
        check(value, as: .section(section), named: section.title)
    }

    private mutating func refuse(_ value: JSONNode, _ message: String) {
        wrong.insert(value.offset)
        findings.append(Finding(offset: value.offset, message: message))
    }

    private mutating func check(_ value: JSONNode, as shape: ConfigurationShape, named name: String) {
        switch shape {
        case .text(let rule):
            guard let text = value.text, rule.accepts(text) else {
                return refuse(value, "\(name) must be \(rule.words)")
            }
        case .integer(let range):
            guard case .number(let number) = value.content, number.rounded() == number,
                (Double(range.lowerBound)...Double(range.upperBound)).contains(number)
            else {
                return refuse(value, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
        case .number(let range):
            guard case .number(let number) = value.content, range.contains(number) else {
                let bounds = "\(range.lowerBound.plain) to \(range.upperBound.plain)"
                return refuse(value, "\(name) must be a number from \(bounds)")
            }
        case .choice(let names):
            guard let text = value.text, names.contains(text) else {
                return refuse(value, "\(name) must be \(Quoted.list(names, joined: "or"))\(hint(value.text, names))")
            }
        case .list(let element, let count):
            guard case .list(let elements) = value.content else {
                return refuse(value, "\(name) must be a list: [ … ]")
            }
            guard count.contains(elements.count) else {
                return refuse(value, "\(name) must have from \(count.lowerBound) to \(count.upperBound) elements")
            }
            for each in elements { check(each, as: element, named: Self.one(of: name, element)) }
        case .names(let element, let key, let most):
            guard case .object(let members) = value.content else {
                return refuse(value, "\(name) must be an object: { … }")
            }
            guard members.count <= most else { return refuse(value, "\(name) must have at most \(most) members") }
            for member in members {
                if !key.accepts(member.key) {
                    findings.append(
                        Finding(offset: member.keyOffset, message: "this key of \(name) must be \(key.words)"))
                }
                check(member.value, as: element, named: Quoted(member.key).description)
            }
        case .section(let section): check(value, as: section, named: name)
        case .variant(let key, let sections):
            guard case .object = value.content else { return refuse(value, "\(name) must be an object: { … }") }
            guard let type = value.member(key) else {
                return refuse(
                    value, "\(name) has no \(Quoted(key)): \(Quoted.list(sections.map(\.name), joined: "or"))")
            }
            guard let section = sections.first(where: { $0.name == type.value.text })?.section else {
                wrong.insert(value.offset)
                return check(type.value, as: .choice(sections.map(\.name)), named: Quoted(key).description)
            }
            check(value, as: section, named: name)
        }
    }

    private mutating func check(_ value: JSONNode, as section: ConfigurationShape.Section, named name: String) {
        guard case .object(let members) = value.content else {
            return refuse(value, "\(name) must be an object: { … }")
        }
        for member in members {
            guard let key = section.key(member.key) else {
                findings.append(Finding(offset: member.keyOffset, message: Self.unknown(member.key, in: section)))
                continue
            }
            if let other = key.needs, value.member(other) == nil {
                let message = "\(Quoted(key.name)) goes with \(Quoted(other)); give that as well"
                findings.append(Finding(offset: member.keyOffset, message: message))
            }
            if key.isNullable, member.value.isNull { continue }
            check(member.value, as: key.shape, named: Quoted(key.name).description)
        }
        for key in section.keys where key.isRequired && value.member(key.name) == nil {
            let message = "\(section.title) needs \(Quoted(key.name)): \(key.meaning.asEnd)"
            findings.append(Finding(offset: value.offset, message: message))
        }
        for choice in section.choices {
            let given = members.filter { choice.keys.contains($0.key) }
            if given.isEmpty, choice.isRequired {
                let message = "\(section.title) needs \(Quoted.list(choice.keys, joined: "or"))"
                findings.append(Finding(offset: value.offset, message: message))
            }
            for member in given.dropFirst() {
                let message = "\(Quoted(given[0].key)) and \(Quoted(member.key)) exclude each other; give one of them"
                findings.append(Finding(offset: member.keyOffset, message: message))
            }
        }
    }

    /// What to call an element of a list.
    private static func one(of name: String, _ shape: ConfigurationShape) -> String {
        if case .section(let section) = shape { section.title } else { "each element of \(name)" }
    }

    private func hint(_ written: String?, _ names: [String]) -> String {
        guard let written, let near = Spelling.nearest(to: written, among: names) else { return "" }
        return "; did you mean \(Quoted(near))?"
    }

    private static func unknown(_ key: String, in section: ConfigurationShape.Section) -> String {
        let names = section.keys.map(\.name)
        let references = ["\(key)_file", "\(key)_env"].filter { names.contains($0) }
        if references.count == 2 {
            return "a secret does not stand in this file, which others may read and keep: put it into a file "
                + "(\(Quoted(references[0]))) or into an environment variable (\(Quoted(references[1])))"
        }
        if let near = Spelling.nearest(to: key, among: names) {
            return "\(section.title) has no key \(Quoted(key)); did you mean \(Quoted(near))?"
        }
        return "\(section.title) has no key \(Quoted(key)); it has \(Quoted.list(names))"
    }
}

extension Double {
    /// Without `.0`.
    var plain: String { rounded() == self && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}

extension String {
    /// The first sentence as the end of another one.
    fileprivate var asEnd: String {
        let sentence = firstRange(of: ". ").map { self[..<$0.lowerBound] } ?? (hasSuffix(".") ? dropLast() : self[...])
        return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }
}
