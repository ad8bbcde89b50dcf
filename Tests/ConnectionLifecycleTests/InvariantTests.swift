import Testing

@testable import ConnectionLifecycle

@Suite("The table of Holdfast")
struct InvariantTests {
    @Test("is well formed: exactly the pairs that can occur have rows, with exclusive and complete guards")
    func structure() {
        #expect(TableChecker(table: .standard).violations(of: .structure) == [])
    }

    @Test("keeps every invariant in everything that can happen")
    func behaviour() {
        #expect(TableChecker(table: .standard).violations(of: .behaviour) == [])
    }

    @Test("does what the hand-written specification does")
    func specification() {
        #expect(TableChecker(table: .standard).violations(of: .specification) == [])
    }

    /// Guards against an exploration that proves much about nothing.
    @Test("is explored as a whole", arguments: Setting.all)
    func exploration(setting: Setting) {
        var exploration = Exploration(table: .standard, setting: setting, specified: false, scope: .whole, enough: .max)
        exploration.run()
        print("explored: \(exploration.nodes.count) situations, \(exploration.inputs) inputs (\(setting))")
        #expect(exploration.nodes.count > 40)
        #expect(exploration.inputs > 10_000)
        #expect(Set(exploration.nodes.map(\.machine.state)) == Set(State.allCases))
    }
}
