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

    struct Options {
        var megabytes = 1024
        var eventBytes = 2000
        var sleep = 10
        var pause = 1
        var every = 50
        var folder = FileManager.default.temporaryDirectory.path
        var json = false
    }

    static func main() async throws {
        var options = Options()
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--megabytes": options.megabytes = number(argument, arguments.popFirst())
            case "--event-bytes": options.eventBytes = number(argument, arguments.popFirst())
            case "--sleep": options.sleep = number(argument, arguments.popFirst())
            case "--pause": options.pause = number(argument, arguments.popFirst())
            case "--every": options.every = number(argument, arguments.popFirst())
            case "--folder":
                guard let path = arguments.popFirst() else { fail("--folder needs a path; see --help") }
                options.folder = path
            case "--json": options.json = true
            case "--help", "-h": return print(usage)
            default: fail("unknown argument \(argument); see --help")
            }
        }
        exit(try await run(options) ? 0 : 1)
    }

    /// Whether each event was handled once and in order.
    private static func run(_ options: Options) async throws -> Bool {
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

        let before = residentBytes()
        var peak = before
        await server.flood()
        for _ in 0..<options.sleep * 10 {
            try await Task.sleep(for: .milliseconds(100))
            peak = max(peak, residentBytes())
        }
        let ahead = server.sentBytes.load(ordering: .relaxed)
        let asleep = peak
        mayTake.store(true, ordering: .relaxed)
        let start = ContinuousClock.now
        while !server.isDone
            || handled.load(ordering: .relaxed) < server.sentEvents.load(ordering: .relaxed)
        {
            try await Task.sleep(for: .milliseconds(100))
            peak = max(peak, residentBytes())
            let megabytes = server.sentBytes.load(ordering: .relaxed) >> 20
            FileHandle.standardError.write(Data("\r\(megabytes) of \(options.megabytes) MB sent".utf8))
        }
        FileHandle.standardError.write(Data("\n".utf8))
        let seconds = Double((ContinuousClock.now - start).components.seconds)
        let pauses = await connection.counters.pauses
        await connection.stop()
        try await consumer.value
        await server.close()
        await store.close()
        let sent = server.sentEvents.load(ordering: .relaxed)
        let (count, wrong) = (handled.load(ordering: .relaxed), disorder.load(ordering: .relaxed))
        if options.json {
            print(
                #"{"benchmark":"slow","bytes":\#(server.sentBytes.load(ordering: .relaxed)),"sent":\#(sent),"#
                    + #""handled":\#(count),"out_of_order":\#(wrong),"ahead_bytes":\#(ahead),"#
                    + #""resident_before":\#(before),"peak_asleep":\#(asleep),"peak":\#(peak),"pauses":\#(pauses),"#
                    + #""seconds":\#(seconds)}"#)
        } else {
            print(
                "sent \(sent) events, \(server.sentBytes.load(ordering: .relaxed) >> 20) MB; handled \(count), out of order \(wrong)"
            )
            print("while the handler slept for \(options.sleep) s the server got \(ahead >> 10) KB ahead")
            print(
                "resident: \(before >> 20) MB before, at most \(asleep >> 20) MB while it slept, \(peak >> 20) MB in all"
            )
            print("reading paused \(pauses) times; \(Int(seconds)) s")
        }
        return count == sent && wrong == 0
    }

    private static func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
    }

    private static func number(_ name: String, _ text: String?) -> Int {
        guard let text, let number = Int(text), number > 0 else { fail("\(name) needs a positive whole number") }
        return number
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("slow: \(message)\n".utf8))
        exit(64)
    }
}
