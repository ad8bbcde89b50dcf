import ConnectionLifecycle
import Foundation
import Holdfast
import HoldfastMattermost

/// What `holdfast watch` was asked for.
struct WatchOptions {
    var service: MattermostService
    var configuration: Configuration
    var transitionsOnly: Bool
    var isPretty: Bool
    var duration: Duration?

    static let syntax = Syntax(
        name: "watch", summary: "Keep a connection to a Mattermost server and print what it sees.",
        options: [
            .init("--server", "URL", "the server, e.g. https://chat.example.com (required)"),
            .init("--token-file", "PATH", "file with the access token; without it, HOLDFAST_TOKEN is read"),
            .init("--probe-interval", "TIME", "how often to prove that events still arrive (default: 30s)"),
            .init(
                "--on-revision-change", "POLICY",
                "the account changed: verify by the canary, or reconnect at once\n(default: verify)"),
            .init(
                "--canary", "WHEN",
                "prove the push path by a private preference: suspicion, always, never\n(default: suspicion)"),
            .init("--auth", "HOW", "sign in by header or by challenge (default: header)"),
            .init("--ca-file", "PATH", "trust the certificates of this PEM file instead of the system's"),
            .init("--transitions-only", "print neither verdicts nor events"),
            .init("--json", "JSON Lines on a terminal too"),
            .init("--duration", "TIME", "end by itself, e.g. 90s or 10m (default: run until a signal)"),
        ],
        notes: """
            Prints JSON Lines: transitions (their ids are those of `holdfast chart`), verdicts and events; diagnostics
            go to standard error. On a terminal it prints text for people.

            A connection that cannot be had is tried again for ever, more and more slowly. SIGINT or SIGTERM closes it
            properly and ends with status 0. With --duration the status is 69 if the server was never reached.
            """)

    init(_ arguments: Arguments) throws(Complaint) {
        var options = MattermostOptions()
        options.authentication = try arguments.choice("--auth", default: .header)
        options.canary = try arguments.choice("--canary", default: .suspicion)
        options.onRevisionChange = try arguments.choice("--on-revision-change", default: .verify)
        if let path = arguments.text("--ca-file") {
            guard access(path, R_OK) == 0 else {
                throw Complaint("cannot read the CA file \(path): \(String(cString: strerror(errno)))")
            }
            options.tls.certificateAuthorityFile = path
        }
        let address = try arguments.required("--server", "a URL such as https://chat.example.com")
        let server: ServerURL
        do throws(InvalidServerURL) {
            server = try ServerURL(address)
        } catch {
            throw Complaint("--server: \(error.description)")
        }
        service = MattermostService(server: server, token: try Credentials.token(arguments), options: options)
        configuration = Configuration()
        if let interval = try arguments.duration("--probe-interval", in: .milliseconds(100) ... .seconds(86_400)) {
            configuration.timing.probeInterval = interval
        }
        duration = try arguments.duration("--duration", in: .zero ... .seconds(365 * 86_400))
        transitionsOnly = arguments.has("--transitions-only")
        isPretty = StandardOutput.isTerminal && !arguments.has("--json")
    }
}
