import Foundation

/// Reads the JSON export back.
struct JSONReader {
    private(set) var chart = ReadChart()

    private struct Document: Decodable {
        struct State: Decodable {
            var name, meaning: String
            var owns: [String]
            var deadline: String?
        }

        struct Row: Decodable {
            var id, from, event: String
            var `guard`: String?
            var to: String?
            var actions: [String]
            var because: String
        }

        struct Words: Decodable {
            var name, words: String
        }

        struct Meaning: Decodable {
            var name, meaning: String
        }

        struct Event: Decodable {
            var name, kind, emitter: String
        }

        var digest: String
        var states: [State]
        var rows: [Row]
        var events: [Event]
        var guards: [Words]
        var actions: [Meaning]
    }

    init(_ text: String) throws {
        let document = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
        chart.digest = document.digest
        chart.states = document.states.map {
            ReadChart.Definition(name: $0.name, meaning: $0.meaning, owns: $0.owns.sorted(), deadline: $0.deadline)
        }
        let words = Dictionary(uniqueKeysWithValues: document.guards.map { ($0.name, $0.words) })
        let events = Set(document.events.map(\.name))
        let actions = Set(document.actions.map(\.name))
        chart.rows = try document.rows.map { row in
            guard events.contains(row.event), actions.isSuperset(of: row.actions) else {
                throw Unreadable("\(row.id) uses a word that the glossary does not explain")
            }
            let condition = try row.guard.map { name in
                guard let words = words[name] else { throw Unreadable("no words for \(name)") }
                return words
            }
            return ReadChart.Transition(
                id: row.id, from: row.from, event: row.event, condition: condition, to: row.to,
                actions: row.actions.sorted(), because: row.because)
        }
    }
}
