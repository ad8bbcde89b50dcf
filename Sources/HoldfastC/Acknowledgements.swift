internal import Holdfast
internal import Locking
internal import UVEventLoop

/// Numbers of deliveries whose duty is done, on their way into the store: the host calls from any thread and does not wait, and
/// the calls of a moment share a task on the loop.
final class Acknowledgements: Sendable {
    private struct State {
        var numbers: [Int64] = []
        /// Nil while there is nothing to do.
        var work: Task<Void, Never>?
        var isClosed = false
    }

    /// That may wait for the store.
    static let maximumCount = 65_536

    private let loop: EventLoop
    private let vault: Vault
    private let refused: @Sendable (Int64, StoreError) -> Void
    private let state = Lock(State())

    /// - Parameter refused: called on the loop for each that the store does not take.
    init(into vault: Vault, on loop: EventLoop, refused: @escaping @Sendable (Int64, StoreError) -> Void) {
        self.vault = vault
        self.loop = loop
        self.refused = refused
    }

    func add(_ number: Int64) throws(Failure) {
        guard number > 0 else { throw Failure(Status.argument, "numbers of deliveries begin with 1, not \(number)") }
        let failure = state.withLock { state -> Failure? in
            // Whoever looked the handle up just before it was closed.
            guard !state.isClosed else { return Failure(Status.handle, "the connection is closed") }
            guard state.numbers.count < Self.maximumCount else {
                return Failure(
                    Status.busy, "\(Self.maximumCount) acknowledgements wait for the store; try again soon")
            }
            state.numbers.append(number)
            if state.work == nil { state.work = Task(executorPreference: loop) { [self] in await note() } }
            return nil
        }
        if let failure { throw failure }
    }

    /// Takes no more, and returns when those that were taken are noted.
    func close() async {
        let work = state.withLock { state in
            state.isClosed = true
            return state.work
        }
        await work?.value
    }

    private func note() async {
        while let numbers = take() {
            for number in numbers {
                do throws(StoreError) {
                    try await vault.acknowledge(number)
                } catch {
                    refused(number, error)
                }
            }
        }
    }

    private func take() -> [Int64]? {
        state.withLock { state in
            guard !state.numbers.isEmpty else {
                state.work = nil
                return nil
            }
            defer { state.numbers = [] }
            return state.numbers
        }
    }
}
