@testable import ConnectionLifecycle

/// Walks breadth first through everything that can happen to a machine: every memory it can have, every input at every
/// telling moment. Looks at each step as it goes, and at the whole graph at the end.
struct Exploration {
    let table: TransitionTable
    let setting: Setting
    /// Compare with the hand-written specification instead of the invariants.
    let specified: Bool
    let scope: Inputs.Scope
    let enough: Int

    private(set) var violations: [String] = []
    /// The rows that were taken, ignored ones too.
    private(set) var taken: Set<UInt8> = []
    private(set) var nodes: [Node] = []
    private(set) var inputs = 0
    private var edges: [[Edge]] = []
    private var index: [Key: Int] = [:]

    /// One situation: the machine, and what the shell holds.
    struct Node {
        var machine: Lifecycle
        var shell: StrictShell
        var specification: Specification
        var now: UInt64
        /// How it came here.
        var path: [String]
    }

    struct Edge: Hashable {
        var event: Event
        var to: Int
    }

    /// What tells situations apart. Clock readings and counters without an end are left out or cut off.
    private struct Key: Hashable {
        var state: State
        var misses, failures: UInt32
        var stopWanted: Bool
        var lane: RetryLane
        var age: Age
        var held: Resources
    }

    private enum Age: Hashable {
        case notReady, young, stable
    }

    init(table: TransitionTable, setting: Setting, specified: Bool, scope: Inputs.Scope, enough: Int) {
        self.table = table
        self.setting = setting
        self.specified = specified
        self.scope = scope
        self.enough = enough
    }

    mutating func run() {
        let compiled = CompiledTable(table)
        let start = Node(
            machine: setting.machine(compiled), shell: StrictShell(), specification: Specification(setting: setting),
            now: 1_000, path: [])
        _ = add(start)
        var next = 0
        while next < nodes.count, violations.count < enough {
            expand(next)
            next += 1
        }
        if !specified, violations.count < enough { violations += Verdicts(nodes: nodes, edges: edges).problems() }
    }

    private mutating func add(_ node: Node) -> Int {
        let machine = node.machine
        let age: Age =
            if let since = machine.readySince { node.now >= since + setting.resetAfter ? .stable : .young } else {
                .notReady
            }
        let key = Key(
            state: machine.state, misses: min(machine.misses, 3), failures: min(machine.failures, 3),
            stopWanted: machine.stopWanted, lane: machine.lane, age: age, held: node.shell.held)
        if let known = index[key] { return known }
        index[key] = nodes.count
        nodes.append(node)
        edges.append([])
        return nodes.count - 1
    }

    private mutating func expand(_ position: Int) {
        let node = nodes[position]
        let source = Inputs(scope: scope)
        for now in source.times(for: node.machine, after: node.now, setting: setting) {
            for input in source.all(for: node.machine) {
                inputs += 1
                var after = node
                after.now = now
                let step = after.machine.handle(input, now: now)
                if step.row != CompiledTable.noRow { taken.insert(step.row) }
                let problems =
                    specified
                    ? Comparison.problems(node, &after, step, input) : StepRules.problems(node, &after, step, input)
                if !problems.isEmpty {
                    report(problems, node, step, input)
                    if violations.count >= enough { return }
                }
                if step.kind == .transition {
                    after.path.append(step.row != CompiledTable.noRow ? table.rows[Int(step.row)].id : "?")
                    let edge = Edge(event: input.event, to: add(after))
                    if !edges[position].contains(edge) { edges[position].append(edge) }
                }
            }
        }
    }

    private mutating func report(_ problems: [String], _ node: Node, _ step: Step, _ input: Input) {
        let row = step.row == CompiledTable.noRow ? "no row" : table.rows[Int(step.row)].id
        let way = node.path.joined(separator: " ")
        violations += problems.map { "\(node.machine.state) × \(input.event), \(row): \($0) [after \(way)]" }
    }
}
