import Testing

@testable import ConnectionLifecycle

@Suite("Random walks")
struct RandomWalkTests {
    /// Long walks reach what the exploration cuts off: high counters, late clocks, many generations.
    @Test("keep to the specification and to the shell's rules", arguments: UInt64(1)...40)
    func walk(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let setting = Setting.all[Int(seed % 3)]
        var recorder = FlightRecorder()
        var node = Exploration.Node(
            machine: setting.machine(.standard, seed: seed), shell: StrictShell(),
            specification: Specification(setting: setting), now: 0, path: [])
        for count in 0..<1_500 {
            let before = node
            let times = Inputs(scope: .whole).times(for: node.machine, after: node.now, setting: setting)
            node.now = times[Int(random.below(UInt64(times.count)))]
            let input = pick(node.machine, &random)
            let step = node.machine.handle(input, now: node.now)
            if step.kind == .transition {
                recorder.record(
                    FlightRecorder.Entry(time: node.now, generation: step.generation, row: step.row, reason: ""))
            }
            var compared = node
            let problems =
                StepRules.problems(before, &node, step, input) + Comparison.problems(before, &compared, step, input)
            node.specification = compared.specification
            guard problems.isEmpty else {
                let last = recorder.entries.map { "\($0.time) \(CompiledTable.standard.rows[Int($0.row)].id)" }
                Issue.record("seed \(seed), step \(count), \(input): \(problems); last \(last)")
                return
            }
            if node.machine.state == .stopped {
                node.machine = setting.machine(.standard, seed: random.next())
                node.shell = StrictShell()
                node.specification = Specification(setting: setting)
            }
        }
    }

    /// Mostly what can occur, so that a walk goes far; sometimes anything at all. Stops are rare: they end a walk.
    private func pick(_ machine: Lifecycle, _ random: inout SeededGenerator) -> Input {
        let all = Inputs(scope: .whole).all(for: machine)
        for _ in 0..<20 {
            let input = all[Int(random.below(UInt64(all.count)))]
            if input.event == .stop, random.below(20) > 0 { continue }
            if input.failure == .fatal, random.below(10) > 0 { continue }
            var trial = machine
            let takes = trial.handle(input, now: max(machine.due == .max ? 0 : machine.due, 0)).kind == .transition
            if takes || random.below(8) == 0 { return input }
        }
        return Input(.start)
    }
}
