@testable import ConnectionLifecycle

/// The invariants that need the whole graph of situations.
struct Verdicts {
    let nodes: [Exploration.Node]
    let edges: [[Exploration.Edge]]

    func problems() -> [String] { reachability() + stops() + deafness() + progress() }

    private func reachability() -> [String] {
        let missing = Set(State.allCases).subtracting(nodes.map(\.machine.state))
        var problems = missing.sorted { $0.rawValue < $1.rawValue }.map { "\($0) is never reached" }
        // Backwards from the end: whatever is not met cannot stop.
        var canStop = Set(nodes.indices.filter { nodes[$0].machine.state == .stopped })
        var grew = true
        while grew {
            grew = false
            for index in nodes.indices where !canStop.contains(index) {
                if edges[index].contains(where: { canStop.contains($0.to) }) {
                    canStop.insert(index)
                    grew = true
                }
            }
        }
        problems += nodes.indices.filter { !canStop.contains($0) }.map { "\(name($0)) cannot stop" }
        return problems
    }

    /// Wherever a stop is asked for, every way that the environment can choose ends in `stopped` after at most two steps.
    private func stops() -> [String] {
        nodes.indices.filter { nodes[$0].machine.state != .stopped }.flatMap { index in
            let stopping = edges[index].filter { $0.event == .stop }
            if stopping.isEmpty { return ["\(name(index)) cannot be stopped"] }
            return stopping.filter { longest($0.to, until: [.stopped], steps: 2) == nil }
                .map { "\(name(index)): a stop leads to \(name($0.to)), from where it need not end" }
        }
    }

    /// Whatever is judged deaf is followed by a new attempt, whatever the environment does: drain, close, wait.
    private func deafness() -> [String] {
        nodes.indices.flatMap { index in
            edges[index].filter { $0.event == .deaf && longest($0.to, until: [.connecting], steps: 3) == nil }
                .map { "\(name(index)): deaf leads to \(name($0.to)), from where no attempt need follow" }
        }
    }

    /// Left alone, every live situation moves on by its own deadline.
    private func progress() -> [String] {
        nodes.indices.filter { index in
            let state = nodes[index].machine.state
            guard state != .idle, state != .stopped else { return false }
            return !edges[index].contains { edge in
                if case .deadline = edge.event.emitter { nodes[edge.to].machine.state != state } else { false }
            }
        }.map { "\(name($0)) does not move on by itself" }
    }

    /// The longest way by what the environment does to one of the goals; nil if some way misses them within `steps`.
    private func longest(_ start: Int, until goals: Set<State>, steps: Int) -> Int? {
        if goals.contains(nodes[start].machine.state) { return 0 }
        guard steps > 0 else { return nil }
        let ways = edges[start].filter { $0.event.emitter != .command }
        guard !ways.isEmpty else { return nil }
        var longestWay = 0
        for way in ways {
            guard let rest = longest(way.to, until: goals, steps: steps - 1) else { return nil }
            longestWay = max(longestWay, rest + 1)
        }
        return longestWay
    }

    private func name(_ index: Int) -> String {
        let node = nodes[index]
        return "\(node.machine.state) [after \(node.path.joined(separator: " "))]"
    }
}
