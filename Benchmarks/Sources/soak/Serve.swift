import BenchmarkKit
import Foundation
import MattermostSimulator
import UVEventLoop

/// The other process: the simulator, the account that writes, and the performing of faults. It takes its orders as lines from
/// a descriptor, prints what happens as lines, and ends with the orders.
enum Serve {
    static func run(seed: UInt64, connections: Int, rate: Double, orders: Int32) async throws {
        ProcessUsage.allowDescriptors()
        // The soak decides when it ends, also after a Ctrl-C in the terminal that both have.
        signal(SIGINT, SIG_IGN)
        signal(SIGTERM, SIG_IGN)
        let loop = try EventLoop.start(name: "simulator")
        let simulator = Simulator(
            world: loop, configuration: SimulatorConfiguration(seed: seed, keepsLog: false))
        try await simulator.start()
        let town = try await Town(simulator, connections: connections)
        let channels = Dictionary(uniqueKeysWithValues: town.channels.enumerated().map { ($1.id, $0) })
        await simulator.watch { change in
            // What the server says by itself is nothing that the traffic made.
            guard let channel = channels[change.channelID], change.kind != .posted || change.detail.isEmpty else {
                return
            }
            ServerLine.change(change.kind, channel: channel, postID: change.postID, emoji: change.detail).print()
        }
        let traffic = Traffic(simulator, town, loop, rate: rate, seed: seed)
        let performer = FaultPerformer(simulator, town, loop)
        ServerLine.ready(try JSONEncoder().encode(town.directory)).print()

        let lines = AsyncStream<Order> { continuation in
            Thread.detachNewThread {
                let handle = FileHandle(fileDescriptor: orders, closeOnDealloc: true)
                var buffer = Data()
                while true {
                    let chunk = handle.availableData
                    guard !chunk.isEmpty else { return continuation.finish() }
                    buffer += chunk
                    while let end = buffer.firstIndex(of: 0x0A) {
                        if let order = Order(String(decoding: buffer[buffer.startIndex..<end], as: UTF8.self)) {
                            continuation.yield(order)
                        }
                        buffer = Data(buffer[(end + 1)...])
                    }
                }
            }
        }
        let working = Task(executorPreference: loop) { await traffic.run() }
        for await order in lines {
            switch order {
            case .traffic(let isOn): await traffic.set(isOn)
            case .fault(let fault): Task(executorPreference: loop) { await performer.perform(fault) }
            }
        }
        working.cancel()
        await working.value
        await simulator.stop()
        exit(0)
    }
}
