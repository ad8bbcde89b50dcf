import BenchmarkKit
import Foundation
import Holdfast
import HoldfastMattermost
import HoldfastStore
import Synchronization
import UVEventLoop

/// Shows that memory stays bounded under a handler that is far too slow.
@main
struct Slow {
    static let usage = """
        usage: slow [--megabytes N] [--event-bytes N] [--sleep S] [--pause MS] [--every N] [--folder PATH] [--json]

        A server in this process sends `posted` events as fast as TCP lets it, a gigabyte of them, to a connection with the
        durable store. Its handler first does not return at all for some seconds, and then sleeps again and again. Told are
        how far the server got while nobody took anything, the greatest resident memory, and whether each event arrived once
        and in order.

          --megabytes N    of events (1024)
          --event-bytes N  how long one is, about (2000)
          --sleep S        seconds before the handler first returns (10)
          --pause MS       milliseconds that it sleeps then (1)
          --every N        after so many deliveries (50)
          --folder PATH    where the store lies meanwhile (the temporary folder)
          --json           one line of JSON
          --help           this text
        """

    private struct Options {
        let megabytes, eventBytes, sleep, pause, every: Int
        let folder: String
        let isJSON: Bool

        init(_ arguments: some Sequence<String>) throws(Complaint) {
            let arguments = try Arguments(
                arguments, options: ["--megabytes", "--event-bytes", "--sleep", "--pause", "--every", "--folder"],
                switches: ["--json"], usage: usage)
            megabytes = try arguments.number("--megabytes", default: 1024, in: 1...1_000_000)
            eventBytes = try arguments.number("--event-bytes", default: 2000, in: 1...1_000_000)
            sleep = try arguments.number("--sleep", default: 10, in: 1...86_400)
            pause = try arguments.number("--pause", default: 1, in: 1...1_000_000)
            every = try arguments.number("--every", default: 50, in: 1...1_000_000_000)
            folder = try arguments.folder("--folder", default: FileManager.default.temporaryDirectory.path)
            isJSON = arguments.has("--json")
        }
    }

    private struct Figures: Encodable {
        let benchmark = "slow"
        let bytes, sent, handled, outOfOrder: Int
        /// By how much the server got ahead while the handler slept.
        let aheadBytes: Int
        let residentBefore, peakAsleep, peak: Int
        let pauses: UInt64
        let seconds: Double

        func text(sleep: Int) -> String {
            """
            sent \(sent) events, \(bytes >> 20) MB; handled \(handled), out of order \(outOfOrder)
            while the handler slept for \(sleep) s the server got \(aheadBytes >> 10) KB ahead
            resident: \(residentBefore >> 20) MB before, at most \(peakAsleep >> 20) MB while it slept, \(peak >> 20) MB in all
            reading paused \(pauses) times; \(Int(seconds)) s
            """
        }
    }

    static func main() async {
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            let figures = try await run(options)
            if options.isJSON { try JSONLine.print(figures) } else { print(figures.text(sleep: options.sleep)) }
            exit(figures.handled == figures.sent && figures.outOfOrder == 0 ? 0 : 1)
        } catch let complaint as Complaint {
            complaint.end("slow")
        } catch {
            Progress.say("slow: \(error)")
            exit(1)
        }
    }

    private static func run(_ options: Options) async throws -> Figures {
        let path = options.folder + "/holdfast-slow-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let serverLoop = try EventLoop.start(name: "server")
        let loop = try EventLoop.start(name: "client")
        let server = FloodServer(on: serverLoop, target: options.megabytes << 20, frameBytes: options.eventBytes)
        let store = try await SQLiteStore(path: path + "/store")
        var configuration = Configuration()
        let isOpen = Atomic<Bool>(false)
        configuration.timing.probeInterval = .seconds(3600)
        configuration.timing.firstProbe = .seconds(3600)
        configuration.onObservation = { observation in
            if case .catchUp(let record) = observation, record.phase == .finished {
                isOpen.store(true, ordering: .relaxed)
            }
        }
        let service = MattermostService(
            server: try ServerURL("http://127.0.0.1:\(try await server.listen())"), token: try Token("slow"),
            store: store)
        let connection = Connection(service, on: loop, configuration: configuration)
        let handled = Atomic<Int>(0)
        let disorder = Atomic<Int>(0)
        let mayTake = Atomic<Bool>(false)
        let consumer = Task {
            var next = 1
            for try await delivery in connection.deliveries {
                while !mayTake.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(10)) }
                guard case .posted(let posted)? = try? delivery.content else { continue }
                if Int(posted.post.id.suffix(13)) != next % 10_000_000_000_000 {
                    disorder.wrappingAdd(1, ordering: .relaxed)
                }
                next += 1
                try await delivery.acknowledge()
                handled.wrappingAdd(1, ordering: .relaxed)
                if next % options.every == 0 { try await Task.sleep(for: .milliseconds(options.pause)) }
            }
        }
        await connection.start()
        while !isOpen.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(10)) }

        let before = ProcessUsage.residentBytes()
        var peak = before
        await server.flood()
        for _ in 0..<options.sleep * 10 {
            try await Task.sleep(for: .milliseconds(100))
            peak = max(peak, ProcessUsage.residentBytes())
        }
        let ahead = server.sentBytes.load(ordering: .relaxed)
        let asleep = peak
        mayTake.store(true, ordering: .relaxed)
        let start = ContinuousClock.now
        while !server.isDone
            || handled.load(ordering: .relaxed) < server.sentEvents.load(ordering: .relaxed)
        {
            try await Task.sleep(for: .milliseconds(100))
            peak = max(peak, ProcessUsage.residentBytes())
            let megabytes = server.sentBytes.load(ordering: .relaxed) >> 20
            Progress.show("slow: \(megabytes) of \(options.megabytes) MB sent")
        }
        Progress.clear()
        let seconds = Double((ContinuousClock.now - start).components.seconds)
        let pauses = await connection.counters.pauses
        await connection.stop()
        try await consumer.value
        await server.close()
        await store.close()
        return Figures(
            bytes: server.sentBytes.load(ordering: .relaxed), sent: server.sentEvents.load(ordering: .relaxed),
            handled: handled.load(ordering: .relaxed), outOfOrder: disorder.load(ordering: .relaxed), aheadBytes: ahead,
            residentBefore: before, peakAsleep: asleep, peak: peak, pauses: pauses, seconds: seconds)
    }
}
