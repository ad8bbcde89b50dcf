internal import HoldfastMattermost
internal import UVEventLoop
internal import WorldInterface

/// Makes the configuration of a document whose shape was checked, and finds what only meaning tells: references that lead
/// nowhere, secrets that are not there, addresses that are none. Goes on behind each finding, so that all are found.
struct ConfigurationReader {
    /// An object of the file, and what its keys are.
    struct Part {
        var value: JSONNode
        var section: ConfigurationShape.Section
    }

    let source: SourceText
    /// Where relative paths begin; absolute.
    let folder: String
    let surroundings: GatewayConfiguration.Surroundings
    /// Places of values whose shape is wrong. They are known already, and passed over here.
    let wrong: Set<Int>
    var findings: [Finding] = []
    var warnings: [Finding] = []

    mutating func note(_ offset: Int, _ message: String) {
        findings.append(Finding(offset: offset, message: message))
    }

    // MARK: The whole

    /// Nil where something is missing that was found already.
    mutating func read(_ root: JSONNode) -> GatewayConfiguration? {
        guard case .object = root.content else { return nil }
        let part = Part(value: root, section: ConfigurationKeys.root)
        let store = path("store", in: part)
        let control = control(in: part, store: store)
        let status = status(in: part)
        let servers = servers(in: part)
        let sinks = sinks(in: part)
        let accounts = accounts(in: part, servers: servers)
        warnUnused(in: part)
        guard let shutdown = seconds("shutdown_seconds", in: part), findings.isEmpty else { return nil }
        let loops =
            number("loops", in: part).map { Int($0) }
            ?? min(max(surroundings.processors, 1), GatewayConfiguration.mostLoopsByDefault)
        var configuration = GatewayConfiguration(
            store: store, loops: loops, status: status, control: control, shutdown: shutdown, servers: servers,
            sinks: sinks, accounts: accounts)
        if let log = object("log", ConfigurationKeys.log, in: part) {
            configuration.log.format = choice("format", in: log) ?? configuration.log.format
            configuration.log.level = choice("level", in: log) ?? configuration.log.level
        }
        return configuration
    }

    private mutating func control(in part: Part, store: String?) -> String? {
        let given = part.value.member("control")?.value
        let control = given == nil ? store.map { "\($0).sock" } : path("control", in: part)
        guard let control else { return nil }
        // Without the key it is the store's path that is too long.
        let place = given ?? part.value.member("store")?.value ?? part.value
        if control.utf8.count > EventLoop.longestSocketPath {
            note(
                place.offset,
                "the path of the control socket has \(control.utf8.count) bytes, of which a system takes "
                    + "\(EventLoop.longestSocketPath); give \"control\" a shorter one, or null")
        }
        if control == store {
            note(place.offset, "the control socket cannot be where the store is; give it another path")
        }
        return control
    }

    /// Of the socket alone: for whoever may not have the secrets.
    mutating func readControl(_ root: JSONNode) -> String? {
        let part = Part(value: root, section: ConfigurationKeys.root)
        return control(in: part, store: path("store", in: part))
    }

    private mutating func status(in part: Part) -> GatewayConfiguration.Status? {
        guard let status = object("status", ConfigurationKeys.status, in: part) else { return nil }
        let token = token(in: status)
        guard let listen = value("listen", in: status), let text = listen.text else { return nil }
        guard let address = ListenAddress(text) else {
            note(
                listen.offset,
                "this is no address to listen on; write a numeric address or localhost, and a port: 127.0.0.1:8090, [::1]:8090"
            )
            return nil
        }
        let wantsToken = status.value.member("token_file") != nil || status.value.member("token_env") != nil
        if !address.isLoopback, !wantsToken {
            note(
                listen.offset,
                "a status page that other machines can reach needs a token: give \"token_file\" or \"token_env\", or listen on "
                    + "127.0.0.1")
        }
        return GatewayConfiguration.Status(listen: address.endpoint, token: token)
    }

    private mutating func warnUnused(in part: Part) {
        for (list, key) in [("servers", "server"), ("sinks", "sink")] {
            let used = Set(value("accounts", in: part)?.elements.compactMap { $0.member(key)?.value.text } ?? [])
            for member in value(list, in: part)?.members ?? [] where !used.contains(member.key) {
                warnings.append(
                    Finding(offset: member.keyOffset, message: "no account uses the \(key) \(Quoted(member.key))"))
            }
        }
    }

    // MARK: Values by their keys

    /// Nil where it is absent, null or wrong.
    func value(_ key: String, in part: Part) -> JSONNode? {
        guard let value = part.value.member(key)?.value, !value.isNull, !wrong.contains(value.offset) else {
            return nil
        }
        return value
    }

    private func absent(_ key: String, in part: Part) -> ConfigurationShape.Default? {
        part.value.member(key) == nil ? part.section.key(key)?.absent : nil
    }

    func object(_ key: String, _ section: ConfigurationShape.Section, in part: Part) -> Part? {
        guard let value = value(key, in: part), case .object = value.content else { return nil }
        return Part(value: value, section: section)
    }

    /// Or its default.
    func text(_ key: String, in part: Part) -> String? {
        if case .text(let text) = absent(key, in: part) { return text }
        return value(key, in: part)?.text
    }

    /// Or its default.
    func number(_ key: String, in part: Part) -> Double? {
        if case .number(let number) = absent(key, in: part) { return number }
        guard case .number(let number) = value(key, in: part)?.content else { return nil }
        return number
    }

    func seconds(_ key: String, in part: Part) -> Duration? {
        // Nanoseconds are exact enough, and the shape has bounded it.
        number(key, in: part).map { .nanoseconds(Int64(($0 * 1e9).rounded())) }
    }

    func choice<Choice: RawRepresentable>(_ key: String, in part: Part) -> Choice? where Choice.RawValue == String {
        text(key, in: part).flatMap { Choice(rawValue: $0) }
    }

    /// Absolute.
    mutating func path(_ key: String, in part: Part) -> String? {
        guard let text = text(key, in: part) else { return nil }
        if text.hasPrefix("~/") {
            note(
                (value(key, in: part) ?? part.value).offset,
                "~ is the shell's word for a folder, which no other program knows; write that folder's path")
            return nil
        }
        return absolute(text)
    }

    func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return (folder.hasSuffix("/") ? folder : "\(folder)/") + (path.hasPrefix("./") ? path.dropFirst(2) : path[...])
    }

    /// The path of a file that can be read; what is in it, only its use tells.
    mutating func readable(_ key: String, in part: Part) -> String? {
        guard let path = path(key, in: part), let value = value(key, in: part) else { return nil }
        do throws(GatewayConfiguration.UnusableFile) {
            try surroundings.checkReadable(path)
        } catch {
            note(value.offset, "the file that is named here \(error)\(whereRelative(value))")
        }
        return path
    }

    /// Where to look for a file whose path is not shown, because it may be a secret in a wrong place.
    func whereRelative(_ value: JSONNode) -> String {
        value.text?.hasPrefix("/") == false ? " (relative paths begin at \(folder))" : ""
    }
}
