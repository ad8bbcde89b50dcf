import Foundation
import Holdfast
import HoldfastMattermost
import HoldfastStore
import WorldInterface

/// What every command is asked that connects to a server.
struct ConnectionOptions {
    var server: ServerURL
    var token: Token
    var options = MattermostOptions()
    var configuration = Configuration()
    var storePath: String?
    var duration: Duration?

    static let first: [Syntax.Option] = [
        .init("--server", "URL", "the server, e.g. https://chat.example.com (required)"),
        .init("--token-file", "PATH", "file with the access token; without it, HOLDFAST_TOKEN is read"),
    ]

    static let last: [Syntax.Option] = [
        .init("--probe-interval", "TIME", "how often to prove that events still arrive (default: 30s)"),
        .init(
            "--on-revision-change", "POLICY",
            "the account changed: verify by the canary, or reconnect at once\n(default: verify)"),
        .init(
            "--canary", "WHEN",
            "prove the push path by a private preference: suspicion, always, never\n(default: suspicion)"),
        .init("--auth", "HOW", "sign in by header or by challenge (default: header)"),
        .init("--ca-file", "PATH", "trust the certificates of this PEM file instead of the system's"),
        .init(
            "--client-certificate", "PATH",
            "show this certificate to a server that asks for one: a PEM file, with\nthe rest of its chain"),
        .init(
            "--client-key", "PATH",
            "its private key, not encrypted (default: in the file of --client-certificate)"),
        .init(
            "--crl-file", "PATH",
            "refuse certificates that these revocation lists name: a PEM file with the\nlist of each authority"),
        ProxyOptions.proxy, ProxyOptions.credentialsFile,
        .init("--duration", "TIME", "end by itself, e.g. 90s or 10m (default: run until a signal)"),
    ]

    init(_ arguments: Arguments) throws(Complaint) {
        options.authentication = try arguments.choice("--auth", default: .header)
        options.canary = try arguments.choice("--canary", default: .suspicion)
        options.onRevisionChange = try arguments.choice("--on-revision-change", default: .verify)
        options.tls = try ConnectionOptions.tls(arguments)
        options.proxy = try ProxyOptions.policy(arguments)
        let address = try arguments.required("--server", "a URL such as https://chat.example.com")
        do throws(InvalidServerURL) {
            server = try ServerURL(address)
        } catch {
            throw Complaint("--server: \(error.description)")
        }
        token = try Credentials.token(arguments)
        if let interval = try arguments.duration("--probe-interval", in: .milliseconds(100) ... .seconds(86_400)) {
            configuration.timing.probeInterval = interval
        }
        duration = try arguments.duration("--duration", in: .zero ... .seconds(365 * 86_400))
        storePath = arguments.text("--store")
        if storePath?.isEmpty == true { throw Complaint("--store is the path of a file, e.g. bot.holdfast") }
        if !server.isSecure, !server.isLoopback {
            StandardError.complain(
                "holdfast", "the token travels unencrypted over http; use https if the server has it")
        }
    }

    private static func tls(_ arguments: Arguments) throws(Complaint) -> TLSClientOptions {
        let options = TLSClientOptions(
            certificateAuthorityFile: try readable("--ca-file", "the CA file", arguments),
            certificateChainFile: try readable("--client-certificate", "the client's certificate", arguments),
            privateKeyFile: try readable("--client-key", "the client's key", arguments),
            revocationListFile: try readable("--crl-file", "the revocation lists", arguments))
        if options.privateKeyFile != nil, options.certificateChainFile == nil {
            throw Complaint("--client-key is the key of a certificate: give that with --client-certificate")
        }
        return options
    }

    /// The path of a file that can be read; what is in it, only the connection tells.
    private static func readable(
        _ option: String, _ name: String, _ arguments: Arguments
    ) throws(Complaint) -> String? {
        guard let path = arguments.text(option) else { return nil }
        guard access(path, R_OK) == 0 else {
            throw Complaint("cannot read \(name) \(path): \(String(cString: strerror(errno)))")
        }
        return path
    }

    func service(_ store: (any DeliveryStore)?) -> MattermostService {
        MattermostService(server: server, token: token, options: options, store: store)
    }

    /// The file of `--store`; nil where none is given.
    func openStore() async throws(Complaint) -> SQLiteStore? {
        guard let storePath else { return nil }
        do throws(StoreError) {
            return try await SQLiteStore(path: storePath)
        } catch {
            throw Complaint("--store: \(error.message)", status: .inputOutput)
        }
    }
}

extension ServerURL {
    /// Whether what is sent there stays on this machine.
    fileprivate var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
