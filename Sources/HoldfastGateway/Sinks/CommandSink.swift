internal import Holdfast
public import HoldfastMattermost
internal import UVEventLoop
internal import WorldInterface

/// Hands deliveries to a program of the user's, which runs as long as the gateway does: lines of JSON go to its standard
/// input, and its answers are read from its standard output.
///
///     → {"account":"bot-1","id":7,"type":"delivery","number":42,"event":"posted","data":{…},…}
///     ← {"done":7}     or     {"failed":7,"reason":"…"}
///     ← {"post":{"account":"bot-1","channel_id":"…","message":"…","root_id":"…","pending_id":"…"},"ref":"any"}
///     → {"type":"posted","ref":"any","post_id":"…"}     or     {"type":"post_failed","ref":"any","reason":"…"}
///
/// A program that ends is started again; what it had not said to be done comes again. So does what it fails, and what it does
/// not answer in time, for which it is killed. Belongs to its loop.
public actor CommandSink: DeliveryHandler {
    private let command: GatewayConfiguration.Command
    private let name: String
    private let loop: EventLoop
    private let post: Poster
    private let log: GatewayLog
    private var run: CommandRun?
    private var lastID: Int64 = 0
    private var pending: [Int64: CheckedContinuation<Void, any Error>] = [:]
    private var isStopping = false
    private var pause = RetryPause(from: .milliseconds(100), to: .seconds(30))
    private var notBefore = Instant(nanoseconds: 0)
    private var ended: [CheckedContinuation<Void, Never>] = []
    private var postsUnderWay = 0

    /// A program that asks for more at once has to wait for answers first.
    private static let maximumPosts = 256

    public nonisolated let unownedExecutor: UnownedSerialExecutor

    init(
        _ command: GatewayConfiguration.Command, name: String, on loop: EventLoop, log: @escaping GatewayLog,
        post: @escaping Poster
    ) {
        self.command = command
        self.name = name
        self.loop = loop
        self.log = log
        self.post = post
        unownedExecutor = loop.asUnownedSerialExecutor()
    }

    public func handle(_ delivery: Delivery, of account: AccountReference) async throws {
        while loop.now < notBefore {
            try await loop.sleep(for: .nanoseconds(Int64(clamping: notBefore.nanoseconds(since: loop.now))))
        }
        guard !isStopping else { throw Failure("the gateway stops") }
        lastID += 1
        let id = lastID
        let line = SinkLine.line(delivery, of: account.name, id: id)
        let patience = Task { [loop, timeout = command.timeout] in
            try await loop.sleep(for: timeout)
            timedOut(id)
        }
        defer { patience.cancel() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                do {
                    let run = try running()
                    pending[id] = continuation
                    run.write(line)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            Task { await settle(id, .failure(CancellationError())) }
        }
    }

    /// Ends the program's input, and the program where that is not enough; returns when it has ended.
    func stop() async {
        isStopping = true
        guard let run else { return }
        run.end()
        let patience = Task { [loop] in
            for number: Int32 in [15, 9] {
                try await loop.sleep(for: .seconds(2))
                self.run?.signal(number)
            }
        }
        await withCheckedContinuation { waiter in
            if self.run == nil { waiter.resume() } else { ended.append(waiter) }
        }
        patience.cancel()
    }

    private func running() throws -> CommandRun {
        if let run { return run }
        do throws(NetworkError) {
            let run = try CommandRun(
                command, on: loop,
                hear: { [self] line in assumeIsolated { $0.hear(line) } },
                complain: { [self] reason in assumeIsolated { $0.complain(reason) } },
                onExit: { [self] ending in assumeIsolated { $0.didExit(ending) } })
            self.run = run
            tell(.info, "a command of a sink was started", [])
            return run
        } catch {
            wait()
            throw Failure("\(error)")
        }
    }

    private func wait() { notBefore = loop.now + pause.take() }

    // MARK: - What the program says

    private func hear(_ line: [UInt8]) {
        guard let answer = try? JSONTree(SourceText(line)).root, !answer.members.isEmpty else {
            return complain("it said what is no JSON object")
        }
        if let id = answer.member("done")?.value.whole {
            pause.reset()
            settle(id, .success(()))
        } else if let id = answer.member("failed")?.value.whole {
            settle(id, .failure(Failure(answer.member("reason")?.value.text ?? "the command says that it failed")))
        } else if let order = PostExchange.Order(answer) {
            begin(order)
        } else {
            complain("it said an object with none of done, failed and post")
        }
    }

    private func begin(_ order: PostExchange.Order) {
        guard postsUnderWay < Self.maximumPosts else {
            run?.write(order.failure("more than \(Self.maximumPosts) posts are under way; wait for answers"))
            return
        }
        postsUnderWay += 1
        Task {
            let answer = await order.perform(post)
            postsUnderWay -= 1
            run?.write(answer)
        }
    }

    private func settle(_ id: Int64, _ result: Result<Void, any Error>) {
        pending.removeValue(forKey: id)?.resume(with: result)
    }

    private func timedOut(_ id: Int64) {
        guard pending[id] != nil else { return }
        settle(id, .failure(Failure("the command did not answer within \(command.timeout)")))
        // Nobody knows what it is at: it begins anew.
        run?.signal(9)
    }

    private func didExit(_ ending: ChildProcess.Ending) {
        run = nil
        if !isStopping {
            wait()
            tell(.warning, "a command of a sink ended", [("ending", "\(ending)")])
        }
        let lost = pending.values
        pending = [:]
        for continuation in lost { continuation.resume(throwing: Failure("the command ended (\(ending))")) }
        for waiter in ended { waiter.resume() }
        ended = []
    }

    private func complain(_ reason: String) {
        tell(.warning, "a command of a sink is not understood", [("reason", reason)])
    }

    private func tell(_ level: LogLevel, _ message: String, _ fields: [(name: String, value: String)]) {
        log(
            GatewayLogEntry(
                at: loop.wallClockMilliseconds, level: level, message: message,
                fields: [("sink", name), ("program", command.program)] + fields))
    }

    private struct Failure: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }
}

extension JSONNode {
    /// A whole number that a `Double` holds exactly.
    fileprivate var whole: Int64? {
        if case .number(let number) = content { Int64(exactly: number) } else { nil }
    }
}
