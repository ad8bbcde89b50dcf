import ConnectionLifecycle
import Foundation
import Testing

@testable import StateChartKit

@Suite("A change of the table is told")
struct TableDifferenceTests {
    private static let standard = TransitionTable.standard

    private func words(_ change: (inout TransitionTable) -> Void) -> [String] {
        var table = TableDifferenceTests.standard
        change(&table)
        let difference = TableDifference(from: TableVersion(.standard), to: TableVersion(table))
        return difference.text.split(separator: "\n").map(String.init)
    }

    private func row(_ id: String, in table: inout TransitionTable, _ change: (inout Row) -> Void) {
        for index in table.rows.indices where table.rows[index].id == id { change(&table.rows[index]) }
    }

    @Test("as nothing where there is none")
    func same() {
        #expect(words { _ in } == ["the tables are the same"])
        #expect(TableDifference(from: TableVersion(.standard), to: TableVersion(.standard)).isEmpty)
    }

    @Test("for each kind of change, in words")
    func kinds() {
        #expect(
            words { $0.rows.append(Row("T37", .stale, .deaf, to: .backoff, .countFailure, because: "Why not.")) } == [
                "adds T37: stale on deaf → backoff (countFailure), because: Why not.", "so stale now answers deaf",
            ])
        #expect(
            words { $0.rows.removeAll { $0.id == "T36" } } == [
                "removes T36: backoff on stop → stopped (wantStop)", "so backoff no longer answers stop",
                "so backoff no longer leads to stopped",
            ])
        #expect(
            words { row("T15", in: &$0) { $0.to = .backoff } } == [
                "T15 now leads to backoff, before to open"
            ])
        #expect(
            words { row("T17", in: &$0) { $0.condition = .always } } == [
                "T17 needs nothing any more, before “misses left”"
            ])
        #expect(
            words { row("T15", in: &$0) { $0.condition = .when(.missesLeft) } } == [
                "T15 now needs “misses left”, before nothing"
            ])
        #expect(
            words { row("T17", in: &$0) { $0.condition = .unless(.missesLeft) } } == [
                "T17 now needs “misses spent”, before “misses left”"
            ])
        #expect(
            words { row("T03", in: &$0) { $0.actions = [.clearMisses] } } == [
                "T03 now also does clearMisses", "T03 no longer does markReady",
            ])
        #expect(
            words { row("T09", in: &$0) { $0.because = "Ask." } } == [
                "T09 now gives as its reason “Ask.”, before “Silence proves nothing: ask at intervals.”"
            ])
        #expect(
            words { row("T09", in: &$0) { $0.id = "T90" } } == ["T09 is now called T90: open on probeDue → probing"])
        #expect(
            words { row("N06", in: &$0) { $0.to = .open } } == [
                "N06 now leads to open, before start was ignored", "so open now answers start, which it ignored before",
                "so open now leads to itself",
            ])
        #expect(
            words { row("T11", in: &$0) { $0.to = nil } } == [
                "T11 is now ignored, before it led to probing", "so open no longer answers probe, but ignores it",
            ])
        #expect(
            words { row("T24", in: &$0) { $0.event = .closed } }.first == "T24 is now on closed, before on drained")
        #expect(words { row("T24", in: &$0) { $0.from = .open } }.first == "T24 now begins in open, before in stale")
        #expect(words { $0.rows.swapAt(0, 1) } == ["only the order of the table is different"])
    }

    @Test("also of a state")
    func states() {
        #expect(
            words { $0.states[2].owns = [.socket, .probe] } == ["state open now owns socket + probe, before socket"])
        #expect(words { $0.states[2].deadline = .drained } == ["the deadline of open is now drained, before probeDue"])
        #expect(words { $0.states[2].deadline = nil } == ["the deadline of open is now none, before probeDue"])
        #expect(words { $0.states[2].meaning = "Up." } == ["open now means “Up.”, before “Events are delivered.”"])
        #expect(words { $0.states.removeAll { $0.state == .stale } } == ["removes the state stale"])
    }

    @Test("whatever is changed in whatever row: every mutation names the row", arguments: standard.rows.map(\.id))
    func mutations(id: String) throws {
        let mutations: [(inout Row) -> Void] = [
            { $0.because += " Really." }, { $0.actions.formSymmetricDifference(.clearMisses) },
            { $0.event = $0.event == .stop ? .start : .stop }, { $0.from = $0.from == .open ? .stale : .open },
            { $0.to = $0.to == nil ? .open : nil }, { $0.to = $0.to == .backoff ? .stale : .backoff },
            { $0.condition = $0.condition == .always ? .when(.mayRetry) : .always },
        ]
        for (number, mutation) in mutations.enumerated() {
            var table = TableDifferenceTests.standard
            row(id, in: &table, mutation)
            let difference = TableDifference(from: TableVersion(.standard), to: TableVersion(table))
            #expect(
                difference.changes.contains { $0.subject == id && $0.kind == .changed }, "\(id), mutation \(number)")
            // And the way back.
            let back = TableDifference(from: TableVersion(table), to: TableVersion(.standard))
            #expect(back.changes.contains { $0.subject == id && $0.kind == .changed }, "\(id), mutation \(number)")
        }
        var table = TableDifferenceTests.standard
        table.rows.removeAll { $0.id == id }
        let kinds = TableDifference(from: TableVersion(.standard), to: TableVersion(table)).changes
        #expect(kinds.contains { $0.subject == id && $0.kind == .removed })
        let back = TableDifference(from: TableVersion(table), to: TableVersion(.standard)).changes
        #expect(back.contains { $0.subject == id && $0.kind == .added })
    }

    @Test("as JSON")
    func json() throws {
        var table = TableDifferenceTests.standard
        table.rows.removeAll { $0.id == "T36" }
        let difference = TableDifference(from: TableVersion(.standard), to: TableVersion(table))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(difference.json.utf8)) as? [String: Any])
        #expect(object["from"] as? String == TransitionTable.standard.digest)
        #expect(
            (object["changes"] as? [[String: String]])?.map { $0["kind"] } == ["removed", "consequence", "consequence"])
    }

    @Test("in a chart: added, removed and changed lines are marked without colour", arguments: ChartTheme.allCases)
    func picture(theme: ChartTheme) throws {
        var table = TableDifferenceTests.standard
        table.rows.removeAll { $0.id == "T36" }
        row("T25", in: &table) { $0.to = .terminating }
        row("T09", in: &table) { $0.because = "Ask." }
        let difference = TableDifference(from: TableVersion(table), to: TableVersion(.standard))
        let svg = difference.svg(theme: theme)
        #expect(svg == difference.svg(theme: theme))
        let drawing = try DrawingReader(svg)
        let words = drawing.texts.map(\.words)
        #expect(words.contains("+ T36 stop") && words.contains("+ T25 lost"))
        #expect(words.contains("− T25 lost") && words.contains("~ T09 probeDue"))
        #expect(words.contains("T10 suspicion"))
        #expect(drawing.elements.contains { $0.attributes["text-decoration"] == "line-through" })
        #expect(words.contains { $0.contains(table.digest) && $0.contains(TransitionTable.standard.digest) })
    }

    @Test("also where the older table has names that are unknown today")
    func unknownNames() {
        var old = TableVersion(.standard)
        old.states.append(.init(name: "limbo", owns: [], deadline: nil, meaning: "Nowhere."))
        old.rows.append(
            .init(
                id: "T80", from: "limbo", event: "wake", condition: "at noon", to: "open", actions: [], because: "Up."))
        let difference = TableDifference(from: old, to: TableVersion(.standard))
        #expect(difference.text == "removes the state limbo\nremoves T80: limbo on wake [at noon] → open\n")
        #expect(difference.undrawable == ["T80: limbo on wake [at noon] → open"])
        #expect(!difference.svg(theme: .light).contains("T80"))
    }
}
