internal import CHoldfast
internal import Synchronization
internal import UVEventLoop
internal import WorldInterface

/// An event loop, of its own or of the host, and the connections on it. Its methods may be called from any thread.
final class Engine: Sendable {
    private struct State {
        var sessions: [ObjectIdentifier: Session] = [:]
        var isEnding = false
        /// Who waits for the end of the last session without blocking.
        var waiter: CheckedContinuation<Void, Never>?
    }

    let loop: EventLoop
    let isAdopted: Bool
    private let state = Monitor(State())

    private init(_ loop: EventLoop, isAdopted: Bool) {
        self.loop = loop
        self.isAdopted = isAdopted
    }

    static func start() throws(Failure) -> Engine {
        do throws(NetworkError) {
            return Engine(try EventLoop.start(), isAdopted: false)
        } catch {
            throw Failure(Status.system, error.message)
        }
    }

    /// - Parameter host: a `uv_loop_t *` that this thread runs.
    static func adopt(_ host: UnsafeMutableRawPointer) throws(Failure) -> Engine {
        do throws(NetworkError) {
            let loop = try EventLoop(adopting: host)
            // What a store or another thread has to say must be heard.
            loop.keepsHostRunning = true
            return Engine(loop, isAdopted: true)
        } catch {
            throw Failure(Status.system, error.message)
        }
    }

    /// Opens a connection, and gives its handle.
    func open(_ options: Options) throws(Failure) -> UInt64 {
        let session = Session(options, on: self)
        let handle = state.withLock { state -> UInt64? in
            guard !state.isEnding else { return nil }
            state.sessions[ObjectIdentifier(session)] = session
            let handle = Handles.connections.add(session)
            session.sightings.handle.store(handle, ordering: .relaxed)
            return handle
        }
        guard let handle else { throw Failure(Status.state, "the engine is about to end; start another one") }
        return handle
    }

    /// Nothing of it is left.
    func remove(_ session: Session) {
        let waiter = state.withLock { state in
            state.sessions[ObjectIdentifier(session)] = nil
            guard state.sessions.isEmpty else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    // MARK: - The end

    /// Blocks until all is over. Not on the loop.
    func close(deadline: Duration) throws(Failure) {
        closeSessions(deadline: deadline)
        _ = state.wait(milliseconds: .max) { $0.sessions.isEmpty ? true : nil }
        do throws(LeakedHandles) {
            try loop.stop()
        } catch {
            throw Failure(Status.internal, "\(error); please report this")
        }
    }

    /// On the host's loop. Returns at once; `completion` runs on the loop when nothing of the engine is on it any more.
    func leave(deadline: Duration, _ completion: @escaping @Sendable () -> Void) {
        closeSessions(deadline: deadline)
        Task(executorPreference: loop) { [self] in
            await untilEmpty()
            // What was closed just now has its last word: the loop turns a few times more.
            loop.closeHTTPConnections()
            for _ in 0..<3 { try? await loop.sleep(for: .milliseconds(1)) }
            Farewell.begin(on: loop.rawLoop, completion)
            loop.close()
        }
    }

    private func closeSessions(deadline: Duration) {
        let sessions = state.withLock { state in
            state.isEnding = true
            return Array(state.sessions.values)
        }
        for session in sessions {
            let handle = session.sightings.handle.load(ordering: .relaxed)
            // Those that the host has closed itself are on their way.
            if (try? Handles.connections.remove(handle)) != nil { session.close(deadline: deadline) }
        }
    }

    private func untilEmpty() async {
        await withCheckedContinuation { waiter in
            let isEmpty = state.withLock { state in
                if !state.sessions.isEmpty { state.waiter = waiter }
                return state.sessions.isEmpty
            }
            if isEmpty { waiter.resume() }
        }
    }
}
