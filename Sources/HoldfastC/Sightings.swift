internal import CHoldfast
internal import ConnectionLifecycle
internal import Holdfast
internal import HoldfastMattermost
internal import Locking
internal import Synchronization

/// What is seen of one connection: told to the host on the loop, and kept so that it can be asked for from any thread without
/// waiting for the loop.
final class Sightings: Sendable {
    private struct Seen {
        var state = State.idle
        var counters: Counters?
        var stopReason = ""
        weak var connection: Connection<MattermostService>?
    }

    /// The host's name for the connection.
    let handle = Atomic<UInt64>(0)
    let deliveries = Atomic<UInt64>(0)
    /// Opens when the connection is stopped.
    let stopped = Gate()
    /// From now on nothing is told: the host was told the end.
    let isOver = Atomic(false)
    private let callbacks: Callbacks
    private let seen = Lock(Seen())

    init(_ callbacks: Callbacks) { self.callbacks = callbacks }

    func follow(_ connection: Connection<MattermostService>) {
        seen.withLock { $0.connection = connection }
    }

    var state: State { seen.withLock { $0.state } }

    /// As they were at the latest observation; nil before the first.
    var counters: Counters? { seen.withLock { $0.counters } }

    /// Why it is stopped.
    var stopReason: String { seen.withLock { $0.stopReason } }

    /// On the loop.
    func note(_ observation: Observation) {
        let connection = seen.withLock { $0.connection }
        let counters = connection?.assumeIsolated { $0.counters }
        seen.withLock { seen in
            if let counters { seen.counters = counters }
            guard case .transition(let record) = observation else { return }
            seen.state = record.to
            if record.to == .stopped { seen.stopReason = record.reason }
        }
        tell(observation)
        if case .transition(let record) = observation, record.to == .stopped { stopped.open() }
    }

    /// On the loop. Of this module's own, without the connection.
    func tell(_ observation: Observation) {
        guard let onObservation = callbacks.onObservation, !isOver.load(ordering: .relaxed) else { return }
        let record = ObservationRecord(observation)
        withExtendedLifetime(record) {
            withUnsafePointer(to: record.observation) {
                onObservation(handle.load(ordering: .relaxed), $0, callbacks.userData)
            }
        }
    }
}

/// The host's functions. They are called on the loop.
struct Callbacks: @unchecked Sendable {
    // Sound as Sendable: functions of C, and a pointer that is only handed back. That what it points to may be used on the
    // loop's thread is the host's promise.
    var onDelivery: holdfast_on_delivery?
    var onObservation: holdfast_on_observation?
    var onStopped: holdfast_on_stopped?
    var userData: UnsafeMutableRawPointer?
}

/// Something that happens once, and tasks that wait for it.
final class Gate: Sendable {
    private struct Contents {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let contents = Lock(Contents())

    func open() {
        let waiters = contents.withLock { contents in
            contents.isOpen = true
            defer { contents.waiters = [] }
            return contents.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { waiter in
            let isOpen = contents.withLock { contents in
                if !contents.isOpen { contents.waiters.append(waiter) }
                return contents.isOpen
            }
            if isOpen { waiter.resume() }
        }
    }
}
