@testable import ConnectionLifecycle

/// A shell that carries out steps on paper and refuses whatever no real shell could do: the second, strict opinion on
/// releasing and acquiring.
struct StrictShell: Hashable {
    /// What is held right now.
    private(set) var held: Resources = []
    /// How many links are alive.
    private(set) var links = 0
    /// The generation of the newest link.
    private(set) var newest: UInt32 = 0

    /// Carries out one step; says what is wrong with it.
    mutating func perform(_ step: Step, _ event: Event) -> [String] {
        var problems: [String] = []
        if step.kind != .transition {
            if !step.release.isEmpty || !step.acquire.isEmpty {
                problems.append("touches resources without a transition")
            }
            if step.from != step.to { problems.append("changes the state without a transition") }
            return problems
        }
        if !held.isSuperset(of: step.release) { problems.append("releases what is not held") }
        if !held.isDisjoint(with: step.acquire) { problems.append("acquires what is held") }
        if !step.release.isDisjoint(with: step.acquire) { problems.append("releases and acquires the same") }

        let (phaseBefore, phaseAfter) = (step.release.intersection(.link), step.acquire.intersection(.link))
        if !phaseAfter.isEmpty {
            switch (phaseBefore, phaseAfter) {
            case ([], .attempt):
                links += 1
                if step.generation <= newest { problems.append("opens a link without a new generation") }
                newest = step.generation
            case (.attempt, .socket): break
            case (.attempt, .closing), (.socket, .closing): break
            case ([], _): problems.append("goes on with a link that does not exist")
            default: problems.append("turns one link into another")
            }
        } else if !phaseBefore.isEmpty {
            links -= 1
            switch event {
            case .attemptFailed, .lost, .closed, .closeTimeout: break
            case .start, .stop, .reconnect, .probe, .ready, .suspicion, .alive, .deaf, .inconclusive, .connectTimeout,
                .probeDue, .probeTimeout, .drained, .retryDue:
                problems.append("drops a live link without closing it")
            }
        }
        held = held.subtracting(step.release).union(step.acquire)
        if links > 1 { problems.append("holds two links") }
        if links < 0 { problems.append("closes a link that does not exist") }
        if (links == 1) != !held.isDisjoint(with: .link) { problems.append("loses count of its links") }
        if held.contains(.probe), !held.contains(.socket) { problems.append("probes without a socket") }
        if step.to == .stopped, !held.isEmpty { problems.append("is stopped and still holds something") }
        return problems
    }
}
