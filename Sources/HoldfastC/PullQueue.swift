internal import Holdfast

/// Between the task that reads deliveries and the host's threads that pull them. While it is full, that task waits, and so in
/// the end does the server.
final class PullQueue<Delivery: Sendable>: Sendable {
    enum Next {
        case delivery(Delivery)
        case end
        case failed(StoreError)
    }

    private enum End {
        case ended
        case failed(StoreError)
    }

    private struct Contents {
        /// Oldest first; at most `capacity`.
        var waiting: [Delivery] = []
        /// The one that finds no room, and the task that waits with it.
        var next: (delivery: Delivery, task: CheckedContinuation<Bool, Never>)?
        var end: End?
        var isClosed = false
    }

    /// What waits here besides what waits in the connection: just enough that a host need not wait for the loop each time.
    static var capacity: Int { 16 }

    private let contents = Monitor(Contents())

    /// Returns when there is room. False when nobody will pull any more. One task at a time.
    func put(_ delivery: Delivery) async -> Bool {
        await withCheckedContinuation { task in
            let isTaken: Bool? = contents.withLock { contents in
                if contents.isClosed { return false }
                guard contents.waiting.count < Self.capacity else {
                    contents.next = (delivery, task)
                    return nil
                }
                contents.waiting.append(delivery)
                return true
            }
            if let isTaken { task.resume(returning: isTaken) }
        }
    }

    /// No more will be put.
    func finish(_ failure: StoreError?) {
        contents.withLock { if $0.end == nil { $0.end = failure.map { .failed($0) } ?? .ended } }
    }

    /// Nobody pulls any more: what waits is dropped, and whoever waits gets the end.
    func close() {
        let task = contents.withLock { contents in
            contents.isClosed = true
            contents.waiting = []
            defer { contents.next = nil }
            return contents.next?.task
        }
        task?.resume(returning: false)
    }

    /// Blocks the thread. Nil when the time has passed.
    func next(milliseconds: UInt32) -> Next? {
        var task: CheckedContinuation<Bool, Never>?
        let found = contents.wait(milliseconds: milliseconds) { contents -> Next? in
            if contents.isClosed { return .end }
            guard !contents.waiting.isEmpty else {
                switch contents.end {
                case nil: return nil
                case .ended: return .end
                case .failed(let failure): return .failed(failure)
                }
            }
            let first = contents.waiting.removeFirst()
            if let next = contents.next {
                contents.waiting.append(next.delivery)
                contents.next = nil
                task = next.task
            }
            return .delivery(first)
        }
        task?.resume(returning: true)
        return found
    }
}
