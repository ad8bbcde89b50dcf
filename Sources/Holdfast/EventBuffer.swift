internal import Locking

/// The bounded buffer between the loop and the consumer of events: filled on the loop, emptied from anywhere, one batch at
/// a time. Beyond the high-water mark the loop stops reading, so TCP pushes back; nothing is dropped silently.
///
/// A reference: copies are the same buffer.
package struct EventBuffer<Element: Sendable>: Sendable {
    package enum Level { case normal, full }

    private struct Contents {
        let maximumCount: Int
        let maximumBytes: Int
        var pending: [Element] = []
        var pendingBytes = 0
        /// Unchecked, for it is made for each batch: whoever takes it out of here resumes it, and nobody else can.
        var waiter: UnsafeContinuation<[Element]?, Never>?
        /// The number of the latest claim.
        var claim: UInt64 = 0
        var discarded: UInt64 = 0
        var drained: (@Sendable () -> Void)?
        var isFinished = false
        var isClaimed = false
        /// The loop has been told that it is full and waits to be told that it drained.
        var isPaused = false

        init(maximumCount: Int, maximumBytes: Int) {
            self.maximumCount = max(1, maximumCount)
            self.maximumBytes = max(1, maximumBytes)
        }

        /// How many events may come before it is full.
        var room: Int { pendingBytes < maximumBytes ? max(0, maximumCount - pending.count) : 0 }

        mutating func append(_ events: [Element], byteCount: Int) {
            // Whoever never asks for events must not stop the connection: the oldest promise is that it stays honest.
            let taken = isClaimed ? events.count : min(room, events.count)
            if pending.isEmpty, taken == events.count {
                pending = events
            } else {
                pending += events.prefix(taken)
            }
            pendingBytes += byteCount
            discarded += UInt64(events.count - taken)
            isPaused = isClaimed && room == 0
        }

        mutating func takeAll() -> [Element] {
            guard !pending.isEmpty else { return [] }
            pendingBytes = 0
            let taken = pending
            pending = []
            return taken
        }

        mutating func take(
            _ claim: UInt64, orWait continuation: UnsafeContinuation<[Element]?, Never>
        ) -> Next {
            guard claim == self.claim else { return .end }
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

    private let contents: Lock<Contents>

    /// - Parameters: what may wait; at least 1 of each.
    package init(maximumCount: Int, maximumBytes: Int) {
        contents = Lock(Contents(maximumCount: maximumCount, maximumBytes: maximumBytes))
    }

    /// `drained` is called, from the consumer's thread, when a paused producer may go on. It is kept until another takes its
    /// place.
    package func onDrained(_ drained: (@Sendable () -> Void)?) { contents.withLock { $0.drained = drained } }

    /// How many events were thrown away because nobody ever asked for them.
    var discarded: UInt64 { contents.withLock { $0.discarded } }

    /// What may wait.
    var maximum: (count: Int, bytes: Int) { contents.withLock { ($0.maximumCount, $0.maximumBytes) } }

    /// How many events wait.
    package var count: Int { contents.withLock { $0.pending.count } }

    /// On the loop: the events of one read, perhaps none.
    package func append(_ events: [Element], byteCount: Int) -> Level {
        let (waiter, batch, level) = contents.withLock {
            contents -> (UnsafeContinuation<[Element]?, Never>?, [Element], Level) in
            guard !contents.isFinished else { return (nil, [], .normal) }
            if let waiter = contents.waiter, !events.isEmpty {
                // Whoever waits has taken all that was pending.
                contents.waiter = nil
                return (waiter, events, .normal)
            }
            contents.append(events, byteCount: byteCount)
            return (nil, [], contents.isPaused ? .full : .normal)
        }
        waiter?.resume(returning: batch)
        return level
    }

    /// No more events will come; what is pending can still be read.
    package func finish() {
        let waiter = contents.withLock { contents -> UnsafeContinuation<[Element]?, Never>? in
            contents.isFinished = true
            defer { contents.waiter = nil }
            return contents.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// Somebody wants the events: from now on a lag stops the reading. Whoever waited for them before ends.
    ///
    /// - Returns: what tells this claim from later ones.
    @discardableResult
    package func claim() -> UInt64 {
        let (claim, waiter) = contents.withLock { contents in
            contents.isClaimed = true
            contents.claim += 1
            defer { contents.waiter = nil }
            return (contents.claim, contents.waiter)
        }
        waiter?.resume(returning: nil)
        return claim
    }

    /// Nobody wants the events any more, unless somebody else has claimed them since: what is pending is thrown away, and a
    /// lag does not stop the reading.
    package func release(_ claim: UInt64) {
        let drained = contents.withLock { contents -> (@Sendable () -> Void)? in
            guard contents.claim == claim else { return nil }
            contents.isClaimed = false
            contents.discarded += UInt64(contents.takeAll().count)
            defer { contents.isPaused = false }
            return contents.isPaused ? contents.drained : nil
        }
        drained?()
    }

    /// All that is pending, or a wait for the next batch; nil at the end, when the task is cancelled, and when somebody else
    /// has claimed the events since `claim`.
    package func nextBatch(
        _ claim: UInt64, isolation: isolated (any Actor)? = #isolation
    ) async -> [Element]? {
        let (ready, isOver, drained) = contents.withLock { contents -> ([Element], Bool, (@Sendable () -> Void)?) in
            guard contents.claim == claim else { return ([], true, nil) }
            let drained = contents.isPaused ? contents.drained : nil
            contents.isPaused = false
            return (contents.takeAll(), contents.isFinished, drained)
        }
        drained?()
        if !ready.isEmpty { return ready }
        if isOver { return nil }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation(isolation: isolation) { continuation in
                switch contents.withLock({ $0.take(claim, orWait: continuation) }) {
                case .batch(let batch): continuation.resume(returning: batch)
                case .end: continuation.resume(returning: nil)
                case .wait: break
                }
            }
        } onCancel: {
            let waiter = contents.withLock { contents -> UnsafeContinuation<[Element]?, Never>? in
                guard contents.claim == claim else { return nil }
                defer { contents.waiter = nil }
                return contents.waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}

/// The events of a connection, in the order in which the server sent them. One consumer; a later one
/// takes over, and the earlier one ends. A consumer that lags stops the reading from the network (TCP pushes back); nothing is dropped.
public struct EventSequence<Element: Sendable>: AsyncSequence, Sendable {
    public typealias Failure = Never
    let buffer: EventBuffer<Element>

    public func makeAsyncIterator() -> Iterator { Iterator(buffer: buffer, claim: buffer.claim()) }

    /// Hands out one event at a time over batches; awaits only when a batch is used up. What is done for each event is
    /// inlined into the consumer, so that it costs neither a call of unspecialised code nor a change of executors.
    public struct Iterator: AsyncIteratorProtocol {
        public typealias Failure = Never
        let buffer: EventBuffer<Element>
        let claim: UInt64
        @usableFromInline var batch: [Element] = []
        @usableFromInline var position = 0

        init(buffer: EventBuffer<Element>, claim: UInt64) {
            self.buffer = buffer
            self.claim = claim
        }

        @inlinable public mutating func next() async -> Element? { await next(isolation: nil) }

        @inlinable public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            if position == batch.count {
                guard await refill(isolation: actor) else { return nil }
            }
            defer { position += 1 }
            return batch[position]
        }

        /// False at the end.
        @usableFromInline mutating func refill(isolation actor: isolated (any Actor)?) async -> Bool {
            // What has been handed out is not kept while the next events are awaited.
            batch = []
            position = 0
            guard let filled = await buffer.nextBatch(claim, isolation: actor) else { return false }
            batch = filled
            return true
        }
    }
}
