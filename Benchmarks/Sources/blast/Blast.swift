import BenchmarkKit
import Foundation
import UVEventLoop
import WorldInterface

/// The load server: as much of Mattermost as a client under load needs, triggered from outside.
@main
struct Blast {
    static let usage = """
        usage: blast [--port P] [--cpu C]

        Serves Mattermost's WebSocket on 127.0.0.1 for load clients. Prints one line of JSON, {"url":"http://127.0.0.1:PORT"},
        when it listens, and ends with its standard input.

          --port P  where to listen, 1 to 65535 (a free one)
          --cpu C   the processor to stay on (any); Linux only
          --help    this text

        It is told what to do by HTTP:

          POST /blast/flood?events=N&bytes=B[&seed=S]  sends N `posted` events of about B bytes to the newest WebSocket
          POST /blast/drop                             closes all WebSockets at once
          GET /blast/state                             how many there are, and the sums of the flood
        """

    static func main() async {
        do {
            let arguments = try Arguments(
                CommandLine.arguments.dropFirst(), options: ["--port", "--cpu"], usage: usage)
            let port = try arguments.number("--port", default: 0, in: 1...65535)
            if arguments.has("--cpu") {
                let processor = try arguments.number("--cpu", default: 0, in: 0...1023)
                guard Processor.pin(to: processor) else {
                    throw Complaint("--cpu \(processor): the system does not let this process stay there")
                }
            }
            try await serve(on: UInt16(port))
        } catch let complaint as Complaint {
            complaint.end("blast")
        } catch {
            Progress.say("blast: \(error)")
            exit(1)
        }
    }

    private struct Greeting: Encodable {
        var url: String
    }

    private static func serve(on port: UInt16) async throws {
        ProcessUsage.allowDescriptors()
        let loop = try EventLoop.start(name: "blast")
        let server = LoadServer(on: loop)
        let listening = try await server.listen(on: port)
        try JSONLine.print(Greeting(url: "http://127.0.0.1:\(listening)"))
        var byte: UInt8 = 0
        while true {
            let count = read(0, &byte, 1)
            if count == 0 || count < 0 && errno != EINTR { break }
        }
        // The system closes what is open; clients see a bare end, as they do when a server is killed.
        exit(0)
    }
}
