import BenchmarkKit
import Foundation
import Holdfast
import Synchronization

/// Ends the process when nothing at all happens for a minute: a server that never sends must not make a client that never
/// ends.
final class Watchdog: Sendable {
    private static let patience = 60
    private let activity = Atomic<Int>(0)

    /// Something happened that was waited for.
    func note() { activity.wrappingAdd(1, ordering: .relaxed) }

    /// Says on standard error what keeps a connection from being ready.
    func tell(_ observation: Observation) {
        guard case .transition(let record) = observation else { return }
        switch record.event {
        case .ready: note()
        case .attemptFailed, .deaf, .inconclusive, .lost: Progress.say("load: \(observation)")
        default: break
        }
    }

    /// Waits for `body`, but not for ever.
    func guarding<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        let guardian = Task { [self] in
            var (seen, since) = (-1, 0)
            while !Task.isCancelled {
                let now = activity.load(ordering: .relaxed)
                since = now == seen ? since + 1 : 0
                seen = now
                if since > Self.patience { LoadClient.fail("nothing at all happened for \(Self.patience) s") }
                try await Task.sleep(for: .seconds(1))
            }
        }
        defer { guardian.cancel() }
        return try await body()
    }
}
