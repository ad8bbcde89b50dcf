import BenchmarkKit
import Foundation
import UVEventLoop
import WorldInterface

/// The product's WebSocket, as client and as server, against the Autobahn test suite.
@main
struct Conformance {
    static let usage = """
        usage: conformance --server ws://HOST:PORT --agent NAME [--cases LIST] [--timeout S] [--ca FILE] [--json]
               conformance --listen HOST:PORT [--certificate FILE --key FILE]

        The first lets a fuzzing server (`wstest -m fuzzingserver`) try the product's client: each case is run, its messages are
        echoed, and the server is asked what it made of it. A table by groups; status 1 if a case failed or could not be run.
        The second is an echo server on the codec's server side, for a fuzzing client (`wstest -m fuzzingclient`); it ends with
        its standard input. Benchmarks/Conformance/run does both, with the suite.

          --server URL        the fuzzing server, ws:// or wss://
          --agent NAME        what the server's report calls the client: letters, digits, . _ -
          --cases LIST        such as 1.*,9.1.1 (all that the server has)
          --timeout S         seconds after which a case is given up, 1 to 3600 (60)
          --ca FILE           PEM file of the authorities trusted instead of the system's
          --json              one line of JSON on standard output instead of the table
          --listen HOST:PORT  a numeric address; port 0 takes a free one. Prints {"url":"ws://HOST:PORT"} when it listens
          --certificate FILE  PEM file of the chain: listens for wss://
          --key FILE          PEM file of its private key
          --help              this text
        """

    static func main() async {
        do {
            let arguments = try Arguments(
                CommandLine.arguments.dropFirst(),
                options: ["--server", "--agent", "--cases", "--timeout", "--ca", "--listen", "--certificate", "--key"],
                switches: ["--json"], usage: usage)
            if arguments.has("--listen") {
                try await serve(arguments)
            } else {
                exit(try await drive(arguments) ? 0 : 1)
            }
        } catch let complaint as Complaint {
            complaint.end("conformance")
        } catch {
            Progress.say("conformance: \(error)")
            exit(1)
        }
    }

    // MARK: - The client's side

    /// Whether all is well.
    private static func drive(_ arguments: Arguments) async throws -> Bool {
        for name in ["--certificate", "--key"] where arguments.has(name) {
            throw Complaint("\(name) belongs to --listen; see --help")
        }
        guard let text = arguments.text("--server") else {
            throw Complaint("say where the fuzzing server is (--server ws://HOST:PORT), or --listen; see --help")
        }
        guard let agent = arguments.text("--agent") else {
            throw Complaint("say what the report is to call the client: --agent NAME; see --help")
        }
        guard !agent.isEmpty, agent.unicodeScalars.allSatisfy({ isPlain($0) }) else {
            throw Complaint("--agent is made of letters, digits, dots, hyphens and underscores")
        }
        let selection = try CaseSelection(arguments.text("--cases") ?? "*")
        let timeout = try arguments.number("--timeout", default: 60, in: 1...3600)
        let peer = try Peer(text, certificateAuthorityFile: try readable("--ca", arguments))
        let suite = Suite(
            peer: peer, agent: agent, loop: try EventLoop.start(name: "conformance"), timeout: .seconds(timeout))
        let results = try await suite.run(selection)
        if arguments.has("--json") {
            try JSONLine.print(Document(agent: agent, results: results))
        } else {
            print(GroupTable(results).text, terminator: "")
        }
        return results.allSatisfy { $0.isConformant }
    }

    private struct Document: Encodable {
        let type = "conformance"
        let agent: String
        let results: [CaseResult]
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
        default: false
        }
    }

    private static func readable(_ name: String, _ arguments: Arguments) throws(Complaint) -> String? {
        guard let path = arguments.text(name) else { return nil }
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw Complaint("\(name) \(path): no such file, or not to be read")
        }
        return path
    }

    // MARK: - The server's side

    private struct Greeting: Encodable {
        let url: String
    }

    private static func serve(_ arguments: Arguments) async throws {
        for name in ["--server", "--agent", "--cases", "--timeout", "--ca", "--json"] where arguments.has(name) {
            throw Complaint("\(name) does not go with --listen; see --help")
        }
        let endpoint = try Peer.endpoint("--listen", arguments.text("--listen") ?? "", portMayBeZero: true)
        let certificate = try readable("--certificate", arguments)
        let key = try readable("--key", arguments)
        var tls: TLSServerOptions?
        switch (certificate, key) {
        case (let certificate?, let key?):
            tls = TLSServerOptions(certificateChainFile: certificate, privateKeyFile: key)
        case (nil, nil): break
        default: throw Complaint("--certificate and --key go together; see --help")
        }
        let port = try await EchoServer(on: try EventLoop.start(name: "echo")).listen(on: endpoint, tls: tls)
        try JSONLine.print(
            Greeting(url: "\(tls == nil ? "ws" : "wss")://\(Endpoint(host: endpoint.host, port: port))"))
        var byte: UInt8 = 0
        while true {
            let count = read(0, &byte, 1)
            if count == 0 || count < 0 && errno != EINTR { break }
        }
        // The system closes what is open.
        exit(0)
    }
}
