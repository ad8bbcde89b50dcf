internal import HTTPServing
internal import Holdfast
internal import WorldInterface

/// What those get who look on: four times a second while something changes. It costs nothing while nobody looks.
extension StatusServer {
    private static let interval = Duration.milliseconds(250)
    /// A comment that keeps proxies and the client awake.
    private static let heartbeat = Duration.seconds(15)

    func add(_ stream: HTTPBodyStream) {
        let onlooker = Onlooker(stream)
        let id = ObjectIdentifier(onlooker)
        onlookers[id] = onlooker
        if timer == nil { beginWatching() }
        stream.onEnd = { [weak self] in self?.assumeIsolated { $0.leave(id) } }
        stream.onDrained = { [weak onlooker] in onlooker?.pump() }
        onlooker.write("summary", summary)
        Task { await showAll(to: [onlooker]) }
    }

    private func leave(_ id: ObjectIdentifier) {
        onlookers[id] = nil
        if onlookers.isEmpty { endWatching() }
    }

    private func beginWatching() {
        for loop in gateway.loops { loop.watch() }
        told = gateway.figures()
        nextHeartbeat = world.now + Self.heartbeat
        timer = world.makeTimer { [weak self] in self?.assumeIsolated { $0.turn() } }
        timer?.arm(at: world.now + Self.interval)
    }

    func endWatching() {
        guard let timer else { return }
        for loop in gateway.loops { loop.unwatch() }
        timer.close()
        self.timer = nil
    }

    private func turn() {
        Task {
            await tellChanges()
            timer?.arm(at: world.now + Self.interval)
        }
    }

    private func showAll(to onlookers: [Onlooker]) async {
        for onlooker in onlookers { onlooker.await() }
        let rows = await gateway.statuses().map(StatusText.row)
        for onlooker in onlookers { onlooker.show(all: rows) }
    }

    private func tellChanges() async {
        var names: Set<String> = []
        var isTooMuch = false
        for loop in gateway.loops {
            guard let changes = loop.takeChanges() else {
                isTooMuch = true
                continue
            }
            for change in changes { names.insert(change.account) }
        }
        if isTooMuch {
            await showAll(to: Array(onlookers.values))
        } else if !names.isEmpty {
            let changes = await changes(of: names)
            for onlooker in onlookers.values { onlooker.note(changes) }
        }
        let figures = gateway.figures()
        if figures.states != told.states || figures.transitions != told.transitions
            || figures.deliveries != told.deliveries
        {
            told = figures
            for onlooker in onlookers.values { onlooker.write("summary", summary) }
        }
        guard world.now >= nextHeartbeat else { return }
        nextHeartbeat = world.now + Self.heartbeat
        for onlooker in onlookers.values { onlooker.write(comment: "still here") }
    }

    /// How they are now, which may be later than the change; whoever is not known any more has gone.
    private func changes(of names: Set<String>) async -> Onlooker.Changes {
        var changes = Onlooker.Changes()
        var gone = names
        for status in await gateway.statuses(of: names) {
            changes.rows[status.name] = StatusText.row(status)
            gone.remove(status.name)
        }
        changes.removed = gone
        return changes
    }
}
