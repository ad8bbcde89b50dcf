import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM: the client that runs is ended, and nothing more is begun.
final class Interruption: Sendable {
    private struct State {
        var isSet = false
        /// The client that runs; only while nobody has waited for it, for afterwards the number may be another's.
        var child: pid_t?
    }

    private let state = Mutex(State())
    // Sound: set once, before anybody else sees this object.
    private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

    init() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in self?.interrupt() }
            source.resume()
            sources.append(source)
        }
    }

    var isSet: Bool { state.withLock { $0.isSet } }

    func watch(_ child: pid_t) {
        let isLate = state.withLock { state in
            state.child = child
            return state.isSet
        }
        if isLate { kill(child, SIGKILL) }
    }

    func unwatch(_ child: pid_t) { state.withLock { if $0.child == child { $0.child = nil } } }

    private func interrupt() {
        state.withLock { state in
            state.isSet = true
            if let child = state.child { kill(child, SIGKILL) }
        }
    }
}
