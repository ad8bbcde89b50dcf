import BenchmarkKit
import Foundation
import MattermostSimulator
import UVEventLoop
import WorldInterface

/// The other process: the simulator, its accounts, and the account that posts. Orders come by standard input; it ends with them.
enum Serve {
    static func run(_ options: Options) async throws {
        ProcessUsage.allowDescriptors()
        let loop = try EventLoop.start(name: "simulator")
        let simulator = Simulator(
            world: loop, configuration: SimulatorConfiguration(seed: 1, keepsLog: false))
        var endpoints: [String] = []
        for number in 1...options.servers {
            let endpoint = Endpoint(host: "127.0.0.\(number)", port: 0)
            let port = try await number == 1 ? simulator.start(on: endpoint) : simulator.listen(on: endpoint)
            endpoints.append("\(endpoint.host):\(port)")
        }
        let town = try await Town(simulator, connections: options.connections)
        let traffic = Traffic(simulator, town, loop)
        let working = Task(executorPreference: loop) { await traffic.run() }
        let attempts = AttemptCounter(simulator, loop)
        let counting = Task(executorPreference: loop) { await attempts.run() }
        try JSONLine.print(Order.Ready(endpoints: endpoints, tokens: town.bots.map(\.token)))

        for await line in lines() {
            switch try JSONDecoder().decode(Order.self, from: Data(line.utf8)) {
            case .traffic(let rate):
                try JSONLine.print(Order.Posted(counts: await traffic.set(rate)))
            case .drop:
                let began = loop.now.nanoseconds
                let count = await simulator.drop(.reset)
                try JSONLine.print(Order.Dropped(count: count, began: began, ended: loop.now.nanoseconds))
            case .announce:
                try JSONLine.print(Order.Announced(status: await town.announce(simulator)))
            case .deafen(let accounts):
                try JSONLine.print(Order.Deafened(times: await town.deafen(accounts, simulator, loop)))
            case .watch(let port, let seconds):
                let onlooker = Onlooker(loop, port: port)
                try JSONLine.print(await loop.run { try await onlooker.look(for: seconds) })
            case .attempts:
                try JSONLine.print(await attempts.take())
            }
        }
        working.cancel()
        counting.cancel()
        await working.value
        await counting.value
        await simulator.stop()
        exit(0)
    }

    /// Of standard input, read on a thread of its own.
    private static func lines() -> AsyncStream<String> {
        AsyncStream { continuation in
            Thread.detachNewThread {
                while let line = readLine() { continuation.yield(line) }
                continuation.finish()
            }
        }
    }
}
