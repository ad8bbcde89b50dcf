import ConnectionLifecycle
public import Holdfast
import WorldInterface

extension Connection where S == MattermostService {
    /// Everything that the account is sent: each post, edit, deletion and reaction once, in each channel in order, also what
    /// came while the connection was deaf or gone, and, with a store that outlives the process, while that was.
    ///
    /// Each delivery is stored before it is handed over, and its duty ends with `acknowledge`. What was not acknowledged
    /// comes again with the next iteration; one consumer at a time. On the very first start deliveries begin with what
    /// comes from then on. Take either these or `events`, not both.
    ///
    /// A consumer that lags stops the reading from the network, within the bounds of the connection's configuration.
    /// The iteration ends after `stop`, and throws `StoreError` when the store fails: then what was not stored will be
    /// fetched by the next iteration.
    public nonisolated var deliveries: DeliverySequence { DeliverySequence(connection: self) }

    /// The REST API of the server, as the account of this connection. May be used from anywhere.
    public nonisolated var client: MattermostClient { service.client(on: world) }
}

/// See `Connection.deliveries`.
public struct DeliverySequence: AsyncSequence, Sendable {
    public typealias Element = Delivery
    public typealias Failure = StoreError

    let connection: Connection<MattermostService>

    public func makeAsyncIterator() -> Iterator { Iterator(connection: connection) }

    public struct Iterator: AsyncIteratorProtocol {
        public typealias Failure = StoreError

        let connection: Connection<MattermostService>
        private var lease: Lease?
        private var batch: [Delivery] = []
        private var position = 0

        init(connection: Connection<MattermostService>) { self.connection = connection }

        public mutating func next() async throws(StoreError) -> Delivery? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> Delivery? {
            if position == batch.count {
                batch = []
                position = 0
                if lease == nil { lease = Lease(pipeline: try await connection.makePipeline()) }
                guard let pipeline = lease?.pipeline else { return nil }
                guard let filled = await pipeline.output.nextBatch(pipeline.outputClaim, isolation: actor) else {
                    if let failure = await pipeline.failure { throw failure }
                    return nil
                }
                batch = filled
            }
            defer { position += 1 }
            return batch[position]
        }
    }
}

/// Ends the pipeline when nobody iterates any more.
private final class Lease: Sendable {
    let pipeline: DeliveryPipeline

    init(pipeline: DeliveryPipeline) { self.pipeline = pipeline }

    deinit {
        Task(executorPreference: pipeline.world.executor) { [pipeline] in await pipeline.end() }
    }
}

extension Connection where S == MattermostService {
    fileprivate func makePipeline() async throws(StoreError) -> DeliveryPipeline {
        guard let store = service.store else {
            throw StoreError(
                .notGiven,
                "deliveries need a store: give the MattermostService a MemoryStore(), or a SQLiteStore that outlives the process"
            )
        }
        let pipeline = DeliveryPipeline(
            events: buffer, client: service.client(on: world, timeout: .seconds(30)),
            mailbox: try await store.open(service.mailbox), world: world, maximumCount: maximumBuffered.count,
            maximumBytes: maximumBuffered.bytes
        ) { [weak self] in
            self?.publish($0)
        }
        // Once it has been started, `hello` may have gone to whoever iterated before, with what came behind it: what waits now
        // need not follow from what is stored.
        switch state {
        case .open, .probing, .stale, .terminating: await pipeline.begin(isConnected: true, attempt: generation)
        // The next connection begins with a catch-up, after what a resume repeats.
        case .idle, .backoff, .stopped: await pipeline.begin(isConnected: false, attempt: generation)
        case .connecting: await pipeline.begin(isConnected: false, attempt: generation - 1)
        }
        return pipeline
    }
}
