import ConnectionLifecycle
import Foundation
import Testing

@testable import StateChartKit

@Suite("The test paths of the table")
struct TestPathsTests {
    private let paths = TestPaths.standard
    private let table = TransitionTable.standard

    private func ids(_ kind: PathKind) -> [[String]] { (paths.paths[kind] ?? []).map { $0.steps.compactMap(\.row) } }

    @Test("every row is reached, by ways whose steps hang together")
    func rows() {
        #expect(Set(ids(.transitions).compactMap(\.last)) == Set(table.rows.map(\.id)))
        #expect(paths.infeasible[.transitions] == [])
        for path in paths.all {
            var state = State.idle
            for step in path.steps {
                if let id = step.row {
                    let row = table.rows.first { $0.id == id }
                    #expect(row?.from == state, "\(path)")
                    #expect(row?.end == step.to, "\(path)")
                    #expect((row?.to == nil) == step.isIgnored, "\(path)")
                } else {
                    #expect(step.to == state, "\(path)")
                }
                state = step.to
            }
        }
    }

    @Test("each pair that meets on the chart is either walked or known to be impossible")
    func pairs() {
        let meeting = table.rows.flatMap { first in
            table.rows.filter { $0.from == first.end }.map { [first.id, $0.id] }
        }
        let walked = ids(.pairs).map { Array($0.suffix(2)) }
        let impossible = (paths.infeasible[.pairs] ?? []).map(\.rows)
        #expect(Set(walked).count == walked.count)
        #expect(Set(walked).isDisjoint(with: impossible))
        #expect(Set(walked + impossible) == Set(meeting))
    }

    @Test("what is impossible depends on whether a stop is wanted, and says so")
    func infeasible() {
        let found = paths.infeasible[.pairs] ?? []
        #expect(found.contains { $0.rows == ["T13", "T28"] && $0.reason == "after T13 it is never so: stop wanted" })
        // Whoever wants a stop gets no new attempt.
        #expect(found.contains { $0.rows == ["T14", "T29"] && $0.reason == "after T14 it is never so: no stop" })
        let conditions = Set(found.compactMap { pair in table.rows.first { $0.id == pair.rows.last }?.condition })
        #expect(conditions == [.when(.stopWanted), .unless(.stopWanted)])
    }

    @Test("a simple way visits no state twice, and there is one to every state")
    func simple() {
        for path in paths.paths[.simple] ?? [] {
            let states = [.idle] + path.steps.map(\.to)
            #expect(Set(states).count == states.count, "\(path)")
        }
        let ends = Set((paths.paths[.simple] ?? []).map(\.end))
        #expect(ends == Set(State.allCases).subtracting([.idle]))
        #expect(Set(ids(.simple)).count == ids(.simple).count)
    }

    @Test("what is late, early or cancelled has no row")
    func disturbed() {
        for path in paths.all {
            for step in path.steps {
                switch step.input {
                case .goneLink, .olderProbe, .earlyDeadline, .leftDeadline: #expect(step.row == nil, "\(path)")
                case .command, .deadline: #expect(step.row != nil, "\(path)")
                case .link, .probe: break
                }
            }
        }
        // Each source that can be late is, somewhere.
        let sources = Set(paths.all.flatMap { $0.steps.filter { $0.row == nil }.map(\.input.source) })
        #expect(
            sources == ["link", "probe", "goneLink", "olderProbe", "earlyDeadline", "leftDeadline"])
        #expect(paths.paths[.cancelled]?.isEmpty == false)
    }

    @Test("both orders of a deadline and an input in the same instant are there for each event that a state can see")
    func simultaneous() {
        let found = paths.paths[.simultaneous] ?? []
        for definition in table.states {
            guard let deadline = definition.deadline else { continue }
            for row in table.rows where row.from == definition.state && !row.event.isDeadline {
                let inputFirst = found.contains { path in
                    path.steps.suffix(2).first.map { $0.row == row.id && $0.wait == .untilDue } ?? false
                        && path.steps.last?.input.event == deadline.event
                }
                #expect(inputFirst, "\(row.id) before \(deadline)")
                let deadlineFirst = found.contains { path in
                    path.steps.suffix(2).first.map { $0.input == .deadline(deadline) && $0.wait == .untilDue } ?? false
                        && path.steps.last?.input.event == row.event
                }
                #expect(deadlineFirst, "\(deadline) before \(row.event)")
            }
        }
    }

    @Test("shortest first, and the same in every run")
    func order() throws {
        for kind in PathKind.allCases {
            let lengths = (paths.paths[kind] ?? []).map(\.steps.count)
            #expect(lengths == lengths.sorted())
        }
        let again = TestPaths(table: .standard)
        #expect(again.all == paths.all)
        #expect(again.json() == paths.json())
    }

    @Test("the JSON counts and names what is in it")
    func json() throws {
        let object = try JSONSerialization.jsonObject(with: Data(paths.json([.pairs]).utf8)) as? [String: Any]
        #expect(object?["digest"] as? String == StateChart.standard.digest)
        #expect(object?["counts"] as? [String: Int] == ["pairs": paths.paths[.pairs]?.count ?? 0])
        let entries = try #require(object?["paths"] as? [[String: Any]])
        let steps = try #require(entries.first?["steps"] as? [[String: Any]])
        #expect(entries.count == paths.paths[.pairs]?.count)
        #expect(steps.first?["event"] as? String == "start")
        #expect((object?["infeasible"] as? [[String: Any]])?.count == paths.infeasible[.pairs]?.count)
    }

    @Test("a row that nothing leads to is reported")
    func unreachable() throws {
        var table = TransitionTable.standard
        let index = try #require(table.rows.firstIndex { $0.id == "T03" })
        table.rows.remove(at: index)
        let paths = TestPaths(table: table, kinds: [.transitions])
        let missing = (paths.infeasible[.transitions] ?? []).flatMap(\.rows)
        #expect(missing.contains("T09"))
        #expect(missing.contains("T24"))
        #expect(!missing.contains("T29"))
    }
}
