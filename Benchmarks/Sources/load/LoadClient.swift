import BenchmarkKit
import ConnectionLifecycle
import Foundation
import Holdfast
import HoldfastMattermost
import UVEventLoop

/// The engine as a client under load, through its public API only.
@main
struct LoadClient {
    static let name = "holdfast"
    static let version = "development"

    static let usage = """
        usage: load ingest|idle|storm --server http://HOST:PORT --count N [--hold S] [--checks reply|all] [--consume]
               load transition --count N

        The engine against any server that speaks Mattermost's protocol and is told from outside what to send. Prints one line
        of JSON on standard output, and ends with status 1 when something was missing, or when nothing at all happened for 60 s.

          ingest           receives N `posted` events over one connection and hands four fields of each to a handler
          idle             opens N connections, notes the memory, and holds them while each pings every 30 s
          storm            opens N connections, says `ready` on standard error, waits until all are dropped at once, and
                           reconnects them
          transition       walks N times from state to state, as Peers/machines do; without a server

          --server URL     the server's web address
          --count N        events or connections, 1 to 1000000000
          --hold S         seconds that idle lasts, 1 to 86400 (10)
          --checks reply   a probe is the `ping` action alone, as the other clients send it (this is the default)
          --checks all     the product's own ladder of checks: the account's revision too, which needs the REST API
          --consume        idle: a task for each connection that waits for its events
          --version        of this client
          --help           this text

        The token comes from HOLDFAST_TOKEN (bench).
        """

    enum Mode: String {
        case ingest, idle, storm, transition
    }

    struct Options: Sendable {
        var mode: Mode
        var count: Int
        var hold: Int
        var consumes: Bool
        var service: MattermostService
    }

    static func main() async {
        do {
            let (arguments, mode, count) = try parse()
            guard mode != .transition else { return try Transition.run(count) }
            let options = try options(arguments, mode, count)
            ProcessUsage.allowDescriptors()
            switch options.mode {
            case .ingest: try await Ingest.run(options)
            case .idle: try await Idle.run(options)
            case .storm: try await Storm.run(options)
            case .transition: break
            }
        } catch let complaint as Complaint {
            complaint.end("load")
        } catch {
            fail("\(error)")
        }
    }

    static func fail(_ message: String) -> Never {
        Progress.say("load: \(message)")
        exit(1)
    }

    private static func parse() throws(Complaint) -> (Arguments, Mode, count: Int) {
        let arguments = try Arguments(
            CommandLine.arguments.dropFirst(), options: ["--server", "--count", "--hold", "--checks"],
            switches: ["--consume", "--version"], takesWords: true, usage: usage)
        if arguments.has("--version") {
            print(version)
            exit(0)
        }
        guard arguments.words.count == 1, let mode = arguments.words.first.flatMap({ Mode(rawValue: $0) }) else {
            throw Complaint("say what to do: ingest, idle, storm or transition; see --help")
        }
        guard arguments.has("--count") else { throw Complaint("say how many: --count N; see --help") }
        return (arguments, mode, try arguments.number("--count", default: 1, in: 1...1_000_000_000))
    }

    private static func options(
        _ arguments: Arguments, _ mode: Mode, _ count: Int
    ) throws(Complaint) -> Options {
        guard let server = arguments.text("--server") else {
            throw Complaint("say where the server is: --server http://HOST:PORT; see --help")
        }
        var checks = MattermostOptions()
        switch arguments.text("--checks") ?? "reply" {
        case "reply":
            checks.revisionCheck = false
            checks.canary = .never
        case "all": break
        case let other: throw Complaint("--checks is reply or all, not \(other)")
        }
        let service: MattermostService
        do {
            service = MattermostService(
                server: try ServerURL(server),
                token: try Token(ProcessInfo.processInfo.environment["HOLDFAST_TOKEN"] ?? "bench"), options: checks)
        } catch {
            throw Complaint("\(error)")
        }
        return Options(
            mode: mode, count: count,
            hold: try arguments.number("--hold", default: 10, in: 1...86_400), consumes: arguments.has("--consume"),
            service: service)
    }
}
