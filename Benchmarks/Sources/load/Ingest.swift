import BenchmarkKit
import Foundation
import Holdfast
import HoldfastMattermost
import UVEventLoop

/// Events of one connection, as an embedder takes them.
enum Ingest {
    private struct Output: Encodable {
        var client = LoadClient.name
        var version = LoadClient.version
        var mode = "ingest"
        var events: Int
        var wallS: Double
        var cpuS: Double
        var checksum: Int
        var checksumUnit = "bytes"
        var seqGaps: Int
    }

    /// What an embedder's handler is given, and what this one makes of it.
    private struct Handler {
        var events = 0
        var checksum = 0

        @inline(never)
        mutating func take(id: String, channelID: String, userID: String, message: String) {
            events += 1
            checksum += message.utf8.count
        }
    }

    static func run(_ options: LoadClient.Options) async throws {
        let loop = try EventLoop.start(name: "load")
        let watchdog = Watchdog()
        var configuration = Configuration()
        configuration.onObservation = { watchdog.tell($0) }
        let connection = Connection(options.service, on: loop, configuration: configuration)
        let count = options.count
        // The task prefers the loop's executor, as an embedder's would whose handler is short: then an event comes without
        // a change of threads. Without the preference it works as well, a wake-up for each batch dearer.
        let consumer = Task(executorPreference: loop) {
            var handler = Handler()
            var stopwatch: Stopwatch?
            var last: Int64?
            var gaps = 0
            for await event in connection.events {
                if let last, event.sequence != last + 1 { gaps += 1 }
                last = event.sequence
                if event.kind == .posted, stopwatch == nil { stopwatch = Stopwatch() }
                guard case .posted(let posted) = try event.content else { continue }
                handler.take(
                    id: posted.post.id, channelID: posted.post.channelID, userID: posted.post.userID,
                    message: posted.post.message)
                if handler.events & 0xFFF == 0 { watchdog.note() }
                guard handler.events < count else { break }
            }
            guard let stopwatch else { LoadClient.fail("no event came") }
            let (wall, cpu) = stopwatch.elapsed
            return Output(
                events: handler.events, wallS: wall, cpuS: cpu, checksum: handler.checksum, seqGaps: gaps)
        }
        await connection.start()
        let output = try await watchdog.guarding { try await consumer.value }
        try JSONLine.print(output)
        await connection.stop()
        try loop.stop()
        if output.events < count { LoadClient.fail("\(output.events) of \(count) events came") }
        if output.seqGaps > 0 { LoadClient.fail("\(output.seqGaps) gaps of seq") }
    }
}

/// Wall and processor time since it was made.
struct Stopwatch: Sendable {
    private let start = ContinuousClock.now
    private let cpu = ProcessUsage.cpuSeconds

    /// Seconds.
    var elapsed: (wall: Double, cpu: Double) {
        let cpu = ProcessUsage.cpuSeconds - cpu
        return ((ContinuousClock.now - start) / .seconds(1), cpu)
    }
}
