internal import CHoldfast
internal import Holdfast
internal import HoldfastMattermost
internal import WorldInterface

/// `holdfast_options`, checked and copied.
struct Options {
    var server: ServerURL
    var token: Token
    var storePath: String?
    var mailbox: String
    var mattermost = MattermostOptions()
    var configuration = Configuration()
    var callbacks: Callbacks

    init(_ source: UnsafePointer<holdfast_options>) throws(Failure) {
        // Before anything else is read: there may be no more of it.
        guard source.pointer(to: \.size)?.pointee == MemoryLayout<holdfast_options>.size else {
            throw Failure(
                Status.argument,
                "the size in the holdfast_options is not one of this ABI; fill it by holdfast_options_init()")
        }
        let options = source.pointee
        server = try Self.server(try text(options.server, "server"))
        token = try Self.token(try text(options.token, "token", limit: 8192))
        storePath = try text(options.store_path, "store_path")
        if storePath?.isEmpty == true {
            throw Failure(Status.argument, "store_path is empty; give the path of a file, or NULL for memory")
        }
        mailbox = try text(options.mailbox, "mailbox", limit: 200) ?? ""
        if let path = try text(options.ca_file, "ca_file") { mattermost.tls.certificateAuthorityFile = path }
        if let proxy = try text(options.proxy, "proxy") { mattermost.proxy = try Self.proxy(proxy) }
        callbacks = Callbacks(
            onDelivery: options.on_delivery, onObservation: options.on_observation, onStopped: options.on_stopped,
            userData: options.user_data)
        if let interval = try Self.time(options.probe_interval_ms, "probe_interval_ms") {
            configuration.timing.probeInterval = interval
        }
        if let timeout = try Self.time(options.connect_timeout_ms, "connect_timeout_ms") {
            configuration.timing.connectTimeout = timeout
        }
        guard options.maximum_waiting <= 1 << 20 else {
            throw Failure(Status.argument, "maximum_waiting is more than 1,048,576; give less, or 0 for 4,096")
        }
        if options.maximum_waiting > 0 { configuration.maximumBufferedEvents = Int(options.maximum_waiting) }
        if options.seed != 0 { configuration.seed = options.seed }
    }

    private static func server(_ text: String?) throws(Failure) -> ServerURL {
        guard let text else {
            throw Failure(Status.argument, "server is NULL; give a URL such as https://chat.example.com")
        }
        do throws(InvalidServerURL) {
            return try ServerURL(text)
        } catch {
            throw Failure(Status.argument, "server: \(error.description)")
        }
    }

    private static func token(_ text: String?) throws(Failure) -> Token {
        guard let text else { throw Failure(Status.argument, "token is NULL; give the account's access token") }
        do throws(InvalidToken) {
            return try Token(text)
        } catch {
            throw Failure(Status.argument, "token: \(error.description)")
        }
    }

    private static func proxy(_ text: String) throws(Failure) -> ProxyPolicy {
        guard !text.isEmpty else { return .none }
        do throws(InvalidProxyURL) {
            return .proxy(try ProxyServer(text))
        } catch {
            throw Failure(Status.argument, "proxy: \(error.description)")
        }
    }

    /// Nil for the default.
    private static func time(_ milliseconds: UInt32, _ name: String) throws(Failure) -> Duration? {
        guard milliseconds != 0 else { return nil }
        guard milliseconds >= 100 else {
            throw Failure(Status.argument, "\(name) is less than 100; give more, or 0 for the default")
        }
        return .milliseconds(milliseconds)
    }
}
