internal import HoldfastMattermost
internal import WorldInterface

/// Servers, sinks and accounts.
extension ConfigurationReader {
    mutating func servers(in part: Part) -> [String: GatewayConfiguration.Server] {
        var servers: [String: GatewayConfiguration.Server] = [:]
        for member in value("servers", in: part)?.members ?? [] {
            servers[member.key] = server(Part(value: member.value, section: ConfigurationKeys.server))
        }
        return servers
    }

    private mutating func server(_ part: Part) -> GatewayConfiguration.Server? {
        let tls = tls(in: part)
        let proxy = proxy(in: part)
        guard let address = value("url", in: part), let text = address.text else { return nil }
        let url: ServerURL
        do throws(InvalidServerURL) {
            url = try ServerURL(text)
        } catch {
            note(address.offset, "\(error.description.withoutStop)")
            return nil
        }
        if !url.isSecure, !ListenAddress.isLoopback(url.host) {
            warnings.append(
                Finding(
                    offset: address.offset,
                    message: "the tokens travel unencrypted over http; use https if the server has it"))
        }
        guard let attempts = number("attempts_per_second", in: part), let burst = number("attempt_burst", in: part),
            let interval = seconds("probe_interval_seconds", in: part),
            let timeout = seconds("probe_timeout_seconds", in: part),
            let authentication: Authentication = choice("authentication", in: part),
            let canary: CanaryPolicy = choice("canary", in: part),
            let onRevisionChange: RevisionPolicy = choice("on_revision_change", in: part)
        else { return nil }
        var server = GatewayConfiguration.Server(url: url)
        server.attemptsPerSecond = attempts
        server.attemptBurst = Int(burst)
        server.probeInterval = interval
        server.probeTimeout = timeout
        server.authentication = authentication
        server.canary = canary
        server.onRevisionChange = onRevisionChange
        server.tls = tls
        server.proxy = proxy
        return server
    }

    private mutating func tls(in part: Part) -> TLSClientOptions {
        TLSClientOptions(
            certificateAuthorityFile: readable("ca_file", in: part),
            certificateChainFile: readable("client_certificate_file", in: part),
            privateKeyFile: readable("client_key_file", in: part), revocationListFile: readable("crl_file", in: part))
    }

    private mutating func proxy(in part: Part) -> ProxyPolicy {
        let credentials = proxyCredentials(in: part)
        guard let value = value("proxy", in: part), let text = value.text else { return .environment }
        if text == "none" {
            for key in ["proxy_credentials_file", "proxy_credentials_env"] {
                guard let member = part.value.member(key) else { continue }
                note(
                    member.keyOffset, "without a proxy there is nobody to show credentials to; leave \(Quoted(key)) out"
                )
            }
            return .none
        }
        guard !text.contains("@") else {
            note(
                value.offset,
                "user and password of a proxy do not stand in this file, which others may read and keep: give "
                    + "\"proxy_credentials_file\" or \"proxy_credentials_env\"")
            return .environment
        }
        do throws(InvalidProxyURL) {
            var server = try ProxyServer(text)
            server.credentials = credentials
            return .proxy(server)
        } catch {
            note(value.offset, "this is no proxy that can be used: \(error.description.withoutStop)")
            return .environment
        }
    }

    // MARK: Sinks

    mutating func sinks(in part: Part) -> [String: GatewayConfiguration.Sink] {
        var sinks: [String: GatewayConfiguration.Sink] = [:]
        for member in value("sinks", in: part)?.members ?? [] where !wrong.contains(member.value.offset) {
            let type = member.value.member("type")?.value.text
            guard let section = ConfigurationKeys.sinks.first(where: { $0.name == type })?.section else { continue }
            sinks[member.key] = sink(Part(value: member.value, section: section))
        }
        return sinks
    }

    private mutating func sink(_ part: Part) -> GatewayConfiguration.Sink? {
        switch text("type", in: part) {
        case "stdout": .standardOutput
        case "command": command(part).map { .command($0) }
        default: webhook(part).map { .webhook($0) }
        }
    }

    private mutating func command(_ part: Part) -> GatewayConfiguration.Command? {
        let words = value("command", in: part)?.elements ?? []
        guard let first = words.first, var program = first.text else { return nil }
        if program.isEmpty { note(first.offset, "the first element is the program, and must not be empty") }
        if program.contains("/") {
            program = absolute(program)
            do throws(GatewayConfiguration.UnusableFile) {
                try surroundings.checkExecutable(program)
            } catch {
                note(first.offset, "the program \(error)\(whereRelative(first))")
            }
        }
        var environment: [String: String] = [:]
        for member in value("environment", in: part)?.members ?? [] { environment[member.key] = member.value.text }
        guard let timeout = seconds("timeout_seconds", in: part) else { return nil }
        var command = GatewayConfiguration.Command(program: program, arguments: words.dropFirst().compactMap(\.text))
        command.environment = environment
        command.timeout = timeout
        return command
    }

    private mutating func webhook(_ part: Part) -> GatewayConfiguration.Webhook? {
        let secret = signingSecret(in: part)
        let authority = readable("ca_file", in: part)
        guard let address = value("url", in: part), let text = address.text else { return nil }
        let url: WebhookURL
        do throws(InvalidWebhookURL) {
            url = try WebhookURL(text)
        } catch {
            note(address.offset, "this is no address to post to: \(error.description.withoutStop)")
            return nil
        }
        if !url.request.isSecure, !ListenAddress.isLoopback(url.request.host) {
            warnings.append(
                Finding(
                    offset: address.offset,
                    message: "what people write travels unencrypted over http; use https if you can"))
        }
        guard let timeout = seconds("timeout_seconds", in: part), let most = number("maximum_in_flight", in: part)
        else { return nil }
        var webhook = GatewayConfiguration.Webhook(url: url)
        webhook.secret = secret
        webhook.timeout = timeout
        webhook.maximumInFlight = Int(most)
        webhook.tls.certificateAuthorityFile = authority
        return webhook
    }

    // MARK: Accounts

    /// Who has a token on a server already.
    private struct Login: Hashable {
        var server: ServerURL
        var token: Token
    }

    mutating func accounts(
        in part: Part, servers: [String: GatewayConfiguration.Server]
    ) -> [GatewayConfiguration.Account] {
        let serverNames = names("servers", in: part)
        let sinkNames = names("sinks", in: part)
        var places: [String: Int] = [:]
        var logins: [Login: (account: String, place: Int)] = [:]
        var accounts: [GatewayConfiguration.Account] = []
        for element in value("accounts", in: part)?.elements ?? [] {
            let account = Part(value: element, section: ConfigurationKeys.account)
            let name = text("name", in: account)
            if let name, let place = value("name", in: account)?.offset {
                if let first = places[name] {
                    note(place, "two accounts are called \(Quoted(name)), the first at \(source.place(of: first))")
                } else {
                    places[name] = place
                }
            }
            let server = reference("server", to: serverNames, in: account)
            let sink = reference("sink", to: sinkNames, in: account)
            guard let token = token(in: account) else { continue }
            guard let name, let server, let sink, let reference = reference(of: account) else { continue }
            if let url = servers[server]?.url {
                if let first = logins[Login(server: url, token: token)] {
                    note(
                        reference.offset,
                        "this is the token of the account \(Quoted(first.account)) too, at \(source.place(of: first.place)): "
                            + "on one server they would replace each other; give each account its own")
                } else {
                    logins[Login(server: url, token: token)] = (name, reference.offset)
                }
            }
            accounts.append(.init(name: name, server: server, token: token, sink: sink))
        }
        return accounts
    }

    private func reference(of account: Part) -> JSONNode? {
        value("token_file", in: account) ?? value("token_env", in: account)
    }

    /// The names that a reference may lead to; nil where the list itself is missing or wrong.
    private func names(_ key: String, in part: Part) -> [String: Int]? {
        guard let value = value(key, in: part) else { return nil }
        return Dictionary(value.members.map { ($0.key, $0.keyOffset) }) { first, _ in first }
    }

    private mutating func reference(_ key: String, to names: [String: Int]?, in part: Part) -> String? {
        guard let value = value(key, in: part), let name = value.text, let names else { return nil }
        guard names[name] == nil else { return name }
        let known = names.sorted { $0.value < $1.value }.map(\.key)
        // Each of many accounts compared with each of many names would take long.
        let near = known.count <= 200 ? Spelling.nearest(to: name, among: known) : nil
        let there = known.isEmpty ? "there is none" : "there \(known.count == 1 ? "is" : "are") \(Quoted.list(known))"
        let hint = near.map { "; did you mean \(Quoted($0))?" } ?? ""
        note(value.offset, "no \(key) is called \(Quoted(name)); \(there)\(hint)")
        return nil
    }
}
