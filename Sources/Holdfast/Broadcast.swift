internal import Locking

/// Passes each element on to every subscriber. A subscriber that lags loses the oldest elements, never the newest, and
/// nobody else notices.
final class Broadcast<Element: Sendable>: Sendable {
    private struct Subscribers {
        var continuations: [UInt64: AsyncStream<Element>.Continuation] = [:]
        var nextKey: UInt64 = 0
        var isFinished = false
    }

    private let subscribers = Lock(Subscribers())

    /// From now on; at most `capacity` elements are kept for a subscriber that lags.
    func subscribe(capacity: Int) -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Element.self, bufferingPolicy: .bufferingNewest(capacity))
        let key = subscribers.withLock { subscribers -> UInt64? in
            guard !subscribers.isFinished else { return nil }
            subscribers.nextKey += 1
            subscribers.continuations[subscribers.nextKey] = continuation
            return subscribers.nextKey
        }
        guard let key else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.subscribers.withLock { _ = $0.continuations.removeValue(forKey: key) }
        }
        return stream
    }

    func send(_ element: Element) {
        // Out of the lock before user code may run (`yield` may resume a consumer).
        let continuations = subscribers.withLock { subscribers in
            subscribers.continuations.isEmpty ? [] : Array(subscribers.continuations.values)
        }
        for continuation in continuations { continuation.yield(element) }
    }

    func finish() {
        let continuations = subscribers.withLock { subscribers -> [AsyncStream<Element>.Continuation] in
            subscribers.isFinished = true
            defer { subscribers.continuations = [:] }
            return Array(subscribers.continuations.values)
        }
        for continuation in continuations { continuation.finish() }
    }
}
