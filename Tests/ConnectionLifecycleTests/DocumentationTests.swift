import ConnectionLifecycle
import Foundation
import Testing

/// What the sources say in prose about states and events is what the table says: prose beside code drifts, unless held.
@Suite("The doc comments are those of the table")
struct DocumentationTests {
    private let table = TransitionTable.standard

    @Test("each state says what it means, owns and waits for")
    func states() throws {
        let found = try comments(of: "State")
        #expect(found.map(\.name) == State.allCases.map { "\($0)" })
        for definition in table.states {
            let deadline = definition.deadline.map { "Deadline: ``Deadline/\($0)``." } ?? "No deadline."
            let expected = [definition.meaning, "", "Owns \(words(definition.owns)). \(deadline)"]
            #expect(found.first { $0.name == "\(definition.state)" }?.lines == expected, "\(definition.state)")
        }
    }

    @Test("each event says who emits it, and where it can occur")
    func events() throws {
        let found = try comments(of: "Event")
        #expect(found.map(\.name) == Event.allCases.map { "\($0)" })
        for event in Event.allCases {
            let text = found.first { $0.name == "\(event)" }?.lines.joined(separator: " ") ?? ""
            switch event.emitter {
            case .command: #expect(text == "Emitted by the user, in every state.", "\(event)")
            case .resource(let resource):
                let states = table.states.filter { $0.owns.contains(resource) }.map { "\($0.state)" }
                let verdict = resource == .probe ? ": its verdict" : ""
                let expected = "Emitted by \(words(resource)), in \(list(states))\(verdict)."
                #expect(text == expected, "\(event)")
            case .deadline(let deadline):
                let states = table.states.filter { $0.deadline == deadline }.map { "\($0.state)" }
                #expect(text == "Emitted by the deadline of \(list(states)).", "\(event)")
            }
        }
    }

    @Test("each action of the table is explained")
    func actions() throws {
        let source = try String(contentsOf: file("TransitionTable.swift"), encoding: .utf8)
        let vocabulary = try String(contentsOf: file("Vocabulary.swift"), encoding: .utf8).split(separator: "\n")
        let names = Set(source.matches(of: #/\.([a-z][A-Za-z]+)[,\]]/#).map { String($0.1) })
            .filter { name in vocabulary.contains { $0.contains("static let \(name) = Actions(") } }
        #expect(names.count == 8)
        for name in names {
            let line = try #require(vocabulary.firstIndex { $0.contains("static let \(name) = Actions(") })
            #expect(vocabulary[line - 1].contains("/// "), "\(name)")
        }
    }

    // MARK: - Inside

    private func file(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/ConnectionLifecycle/\(name)")
    }

    /// The cases of an enumeration in `Vocabulary.swift`, with the lines of their doc comments.
    private func comments(of type: String) throws -> [(name: String, lines: [String])] {
        let lines = try String(contentsOf: file("Vocabulary.swift"), encoding: .utf8).components(separatedBy: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix("public enum \(type):") })
        var found: [(name: String, lines: [String])] = []
        var comment: [String] = []
        for line in lines[(start + 1)...] {
            if line == "}" { break }
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("///") {
                comment.append(text.dropFirst(3).trimmingCharacters(in: .whitespaces))
            } else if text.hasPrefix("case ") {
                // One in each line, so that each has a comment of its own.
                found.append((String(text.dropFirst(5)), comment))
                comment = []
            }
        }
        return found
    }

    private func words(_ resources: Resources) -> String {
        let known: [(Resources, String)] = [
            (.attempt, "the attempt"), (.socket, "the socket"), (.probe, "the probe"), (.closing, "the closing socket"),
        ]
        let names = known.filter { resources.contains($0.0) }.map(\.1)
        return names.isEmpty ? "nothing" : list(names)
    }

    private func list(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}
