internal import Locking

/// The bounded buffer between the loop and the consumer of events: filled on the loop, emptied from anywhere, one batch at
/// a time. Beyond the high-water mark the loop stops reading, so TCP pushes back; nothing is dropped silently.
final class EventBuffer<Element: Sendable>: Sendable {
    enum Level { case normal, full }

    private struct Contents {
        var pending: [Element] = []
        var pendingBytes = 0
        var waiter: CheckedContinuation<[Element]?, Never>?
        var isFinished = false
        var isClaimed = false
        /// The loop has been told that it is full and waits to be told that it drained.
        var isPaused = false
        var discarded: UInt64 = 0
        var drained: (@Sendable () -> Void)?

        mutating func takeAll() -> [Element] {
            guard !pending.isEmpty else { return [] }
            pendingBytes = 0
            let taken = pending
            pending = []
            return taken
        }

        mutating func take(orWait continuation: CheckedContinuation<[Element]?, Never>) -> Next {
            if !pending.isEmpty { return .batch(takeAll()) }
            if isFinished || Task.isCancelled || waiter != nil { return .end }
            waiter = continuation
            return .wait
        }
    }

    private enum Next {
        case batch([Element])
        case end
        case wait
    }

    private let contents = Lock(Contents())
    private let maximumCount: Int
    private let maximumBytes: Int

    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = max(1, maximumCount)
        self.maximumBytes = max(1, maximumBytes)
    }

    /// `drained` is called, from the consumer's thread, when a paused producer may go on.
    func onDrained(_ drained: @escaping @Sendable () -> Void) { contents.withLock { $0.drained = drained } }

    /// How many events were thrown away because nobody ever asked for them.
    var discarded: UInt64 { contents.withLock { $0.discarded } }

    /// On the loop: the events of one read, perhaps none.
    func append(_ events: [Element], byteCount: Int) -> Level {
        let (waiter, batch, level) = contents.withLock {
            contents -> (CheckedContinuation<[Element]?, Never>?, [Element], Level) in
            guard !contents.isFinished else { return (nil, [], .normal) }
            if let waiter = contents.waiter, !events.isEmpty {
                // Whoever waits has taken all that was pending.
                contents.waiter = nil
                return (waiter, events, .normal)
            }
            // Whoever never asks for events must not stop the connection: the oldest promise is that it stays honest.
            let room = contents.isClaimed ? events.count : self.room(contents)
            contents.pending += events.prefix(room)
            contents.pendingBytes += byteCount
            contents.discarded += UInt64(max(0, events.count - room))
            contents.isPaused = contents.isClaimed && self.room(contents) == 0
            return (nil, [], contents.isPaused ? .full : .normal)
        }
        waiter?.resume(returning: batch)
        return level
    }

    /// How many events may come before it is full.
    private func room(_ contents: Contents) -> Int {
        contents.pendingBytes < maximumBytes ? max(0, maximumCount - contents.pending.count) : 0
    }

    /// No more events will come; what is pending can still be read.
    func finish() {
        let waiter = contents.withLock { contents -> CheckedContinuation<[Element]?, Never>? in
            contents.isFinished = true
            defer { contents.waiter = nil }
            return contents.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// Somebody wants the events: from now on a lag stops the reading.
    func claim() { contents.withLock { $0.isClaimed = true } }

    /// All that is pending, or a wait for the next batch; nil at the end or when the task is cancelled.
    func nextBatch(isolation: isolated (any Actor)? = #isolation) async -> [Element]? {
        let (ready, isOver, drained) = contents.withLock { contents -> ([Element], Bool, (@Sendable () -> Void)?) in
            contents.isClaimed = true
            let drained = contents.isPaused ? contents.drained : nil
            contents.isPaused = false
            return (contents.takeAll(), contents.isFinished, drained)
        }
        drained?()
        if !ready.isEmpty { return ready }
        if isOver { return nil }
        return await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: isolation) { continuation in
                switch contents.withLock({ $0.take(orWait: continuation) }) {
                case .batch(let batch): continuation.resume(returning: batch)
                case .end: continuation.resume(returning: nil)
                case .wait: break
                }
            }
        } onCancel: {
            let waiter = contents.withLock { contents -> CheckedContinuation<[Element]?, Never>? in
                defer { contents.waiter = nil }
                return contents.waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}

/// The events of a connection, in the order in which the server sent them. One consumer; a second one at the same time
/// ends at once. A consumer that lags stops the reading from the network (TCP pushes back); nothing is dropped.
public struct EventSequence<Element: Sendable>: AsyncSequence, Sendable {
    public typealias Failure = Never
    let buffer: EventBuffer<Element>

    public func makeAsyncIterator() -> Iterator {
        buffer.claim()
        return Iterator(buffer: buffer)
    }

    /// Hands out one event at a time over batches; awaits only when a batch is used up.
    public struct Iterator: AsyncIteratorProtocol {
        public typealias Failure = Never
        let buffer: EventBuffer<Element>
        var batch: [Element] = []
        var position = 0

        init(buffer: EventBuffer<Element>) { self.buffer = buffer }

        public mutating func next() async -> Element? { await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            if position == batch.count {
                // What has been handed out is not kept while the next events are awaited.
                batch = []
                position = 0
                guard let filled = await buffer.nextBatch(isolation: actor) else { return nil }
                batch = filled
            }
            defer { position += 1 }
            return batch[position]
        }
    }
}
