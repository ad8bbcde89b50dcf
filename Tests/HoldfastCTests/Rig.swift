import CHoldfast
import HoldfastMattermost
import MattermostSimulator
import Synchronization
import UVEventLoop
import WorldInterface

@testable import HoldfastC

/// A server, and somebody who posts to it.
struct Rig {
    let loop: EventLoop
    let simulator: Simulator
    let fixture: SimulatorFixture
    let person: MattermostClient

    init() async throws {
        loop = try EventLoop.start(name: "simulator")
        simulator = Simulator(world: loop)
        try await simulator.start()
        fixture = await simulator.fixture
        person = MattermostClient(
            server: try ServerURL(fixture.url), token: try Token(fixture.userToken),
            transport: TransportOptions(proxy: .none), world: loop)
    }

    func post(_ message: String) async throws {
        _ = try await person.createPost(channelID: fixture.channelID, message: message)
    }

    func end() async throws {
        await simulator.stop()
        try loop.stop()
    }

    /// Options for the bot.
    func withOptions<Result>(
        store: String? = nil, _ body: (inout holdfast_options) throws -> Result
    ) rethrows -> Result {
        var options = holdfast_options()
        holdfast_options_init(&options, MemoryLayout<holdfast_options>.size)
        return try fixture.url.withCString { server in
            try fixture.botToken.withCString { token in
                try "".withCString { proxy in
                    options.server = server
                    options.token = token
                    options.proxy = proxy
                    guard let store else { return try body(&options) }
                    return try store.withCString {
                        options.store_path = $0
                        return try body(&options)
                    }
                }
            }
        }
    }
}

/// What the callbacks of one connection were told. Passed to them as `user_data`; the test keeps it.
final class Witness: Sendable {
    struct Told {
        var messages: [String] = []
        var states: [Int32] = []
        var results: [(status: Int32, id: String)] = []
        var ends: [Int32] = []
        var isLeft = false
        var wasOnLoop = true
    }

    let told = Monitor(Told())
    /// Asked in each callback.
    let isOnLoop = Mutex<(@Sendable () -> Bool)?>(nil)
    /// Called with each delivery.
    let onMessage = Mutex<(@Sendable (UInt64, Int64, String) -> Void)?>(nil)

    /// Called with each state that is entered.
    let onState = Mutex<(@Sendable (UInt64, Int32) -> Void)?>(nil)

    var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    static func at(_ pointer: UnsafeMutableRawPointer?) -> Witness {
        guard let pointer else { preconditionFailure("no user_data") }
        return Unmanaged<Witness>.fromOpaque(pointer).takeUnretainedValue()
    }

    func note(_ change: (inout Told) -> Void) {
        let isOnLoop = self.isOnLoop.withLock { $0 }?() ?? true
        told.withLock { told in
            change(&told)
            if !isOnLoop { told.wasOnLoop = false }
        }
    }

    /// Blocks the thread.
    func wait(_ condition: @escaping (Told) -> Bool) {
        _ = told.wait(milliseconds: .max) { condition($0) ? true : nil }
    }

    func listen(_ options: inout holdfast_options, deliveries: Bool = true) {
        options.user_data = pointer
        if deliveries {
            options.on_delivery = { connection, info, witness in
                guard let info = info?.pointee else { return }
                let witness = Witness.at(witness)
                let message = String(cString: info.message.bytes)
                if info.kind == HOLDFAST_KIND_POSTED { witness.note { $0.messages.append(message) } }
                witness.onMessage.withLock { $0 }?(connection, info.number, message)
            }
        }
        options.on_observation = { connection, seen, witness in
            guard let seen = seen?.pointee, seen.kind == HOLDFAST_OBSERVED_TRANSITION else { return }
            let witness = Witness.at(witness)
            witness.note { $0.states.append(seen.to) }
            witness.onState.withLock { $0 }?(connection, seen.to)
        }
        options.on_stopped = { _, status, _, witness in Witness.at(witness).note { $0.ends.append(status) } }
    }
}

/// Ends a request.
let noteResult: holdfast_on_result = { _, result, witness in
    guard let result = result?.pointee else { return }
    let id = String(cString: result.id.bytes)
    Witness.at(witness).note { $0.results.append((result.status, id)) }
}

/// The next new post, read, acknowledged if wanted, and freed. Blocks the thread.
func pullMessage(_ connection: holdfast_connection, acknowledging: Bool = true) -> (text: String, isRepeated: Bool)? {
    var delivery: holdfast_delivery = 0
    while holdfast_next(connection, UInt32.max, &delivery) == Status.done {
        var info = holdfast_delivery_info()
        info.size = MemoryLayout<holdfast_delivery_info>.size
        guard holdfast_delivery_read(delivery, &info) == Status.done else { return nil }
        let pulled = (String(cString: info.message.bytes), info.is_repeated == 1)
        let isPost = info.kind == HOLDFAST_KIND_POSTED
        if acknowledging || !isPost { holdfast_acknowledge(connection, info.number) }
        holdfast_delivery_free(delivery)
        if isPost { return pulled }
    }
    return nil
}
