@testable import ConnectionLifecycle

/// Everything a machine remembers, for comparing before and after.
struct Snapshot: Hashable {
    var state: State
    var generation, round, misses, failures: UInt32
    var due: UInt64
    var stopWanted: Bool
    var lane: RetryLane
    var readySince: UInt64?
    var random: SeededGenerator

    init(_ machine: Lifecycle) {
        state = machine.state
        generation = machine.generation
        round = machine.round
        misses = machine.misses
        failures = machine.failures
        due = machine.due
        stopWanted = machine.stopWanted
        lane = machine.lane
        readySince = machine.readySince
        random = machine.random
    }
}
