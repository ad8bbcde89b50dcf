import ConnectionLifecycle
import Foundation
import Testing

/// The generated pages link each transition to its test, by file and by name.
@Suite("One test for each transition")
struct TransitionFileTests {
    @Test("each id has exactly one test, in the file of the state it leaves, and in the order of the table")
    func files() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix("Transitions.swift") }
        var found: [String: [String]] = [:]
        for name in names {
            let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            found[name] = text.matches(of: #/@Test\("(T\d+) /#).map { String($0.1) }
        }
        var expected: [String: [String]] = [:]
        for row in TransitionTable.standard.rows where row.to != nil {
            expected["\(row.from)".capitalized + "Transitions.swift", default: []].append(row.id)
        }
        #expect(found == expected)
    }

    @Test("each test is about the transition in its name")
    func bodies() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        for from in Set(TransitionTable.standard.rows.filter { $0.to != nil }.map(\.from)) {
            let file = folder.appendingPathComponent("\(from)".capitalized + "Transitions.swift")
            let tests = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "@Test(\"").dropFirst()
            for test in tests {
                let id = String(test.prefix(3))
                #expect(test.contains("func \(id.lowercased())()"), "\(id)")
                #expect(test.contains("#expect(rig.last?.id == \"\(id)\")") || test.contains("== [\"\(id)\"]"), "\(id)")
            }
        }
    }
}
