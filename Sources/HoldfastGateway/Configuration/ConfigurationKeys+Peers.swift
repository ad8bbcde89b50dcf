internal import ConnectionLifecycle
internal import HoldfastMattermost

extension ConfigurationKeys {
    static let server = Section(
        title: "a server",
        keys: [
            Key(
                name: "url",
                shape: .text(
                    address(
                        "a web address such as https://chat.example.com, without spaces",
                        prefixes: ["https://", "http://"],
                        most: 2048)),
                meaning: "The server's web address, such as https://chat.example.com.", isRequired: true),
            Key(
                name: "attempts_per_second", shape: .number(0.01...100_000),
                meaning: "How many connections are begun each second, of all accounts of this server together.",
                absent: .number(100)),
            Key(
                name: "attempt_burst", shape: .integer(1...100_000),
                meaning: "How many connections may begin at once, before the rate counts.", absent: .number(100)),
            Key(
                name: "probe_interval_seconds", shape: .number(0.1...86_400),
                meaning: "How often each connection is proven to deliver.",
                absent: .number(Timing().probeInterval.inSeconds)),
            Key(
                name: "probe_timeout_seconds", shape: .number(0.1...3600),
                meaning: "How long a proof may take before it counts as a miss.",
                absent: .number(Timing().probeTimeout.inSeconds)),
            Key(
                name: "authentication", shape: .choice(Authentication.allCases.map(\.rawValue)),
                meaning:
                    "How to sign in: by the header Authorization, or by an authentication_challenge for proxies that "
                    + "strip it.", absent: .text(MattermostOptions().authentication.rawValue)),
            Key(
                name: "canary", shape: .choice(CanaryPolicy.allCases.map(\.rawValue)),
                meaning:
                    "When the push path is proven end to end by a private preference that must come back as an event.",
                absent: .text(MattermostOptions().canary.rawValue)),
            Key(
                name: "on_revision_change", shape: .choice(RevisionPolicy.allCases.map(\.rawValue)),
                meaning: "What a changed account means: verify by the canary, or reconnect at once.",
                absent: .text(MattermostOptions().onRevisionChange.rawValue)),
            certificateAuthority,
            file(
                "client_certificate_file",
                "A PEM file with the certificate for a server that asks for one, and with the rest of its chain."),
            file(
                "client_key_file",
                "A PEM file with the certificate's private key, not encrypted. Default: in the file of "
                    + "client_certificate_file.", needs: "client_certificate_file"),
            file(
                "crl_file",
                "A PEM file with the revocation list of each authority; certificates that are on one are refused."),
            Key(
                name: "proxy",
                shape: .text(
                    address(
                        "\"none\" or a proxy's address, such as http://proxy.example:3128, without spaces", most: 2048)),
                meaning: "The HTTP proxy to the server, http://host:port or https://host:port, or none. Default: as "
                    + "https_proxy, http_proxy, all_proxy and no_proxy of the environment say."),
            secretFile("proxy_credentials_file", "user:password for the proxy", needs: "proxy"),
            secretVariable("proxy_credentials_env", "user:password for the proxy", needs: "proxy"),
        ],
        choices: [.init(keys: ["proxy_credentials_file", "proxy_credentials_env"], isRequired: false)])

    static let sinks: [(name: String, section: Section)] = [
        (
            "stdout",
            Section(
                title: "a sink of type stdout", keys: [type("stdout", "One JSON object a line on standard output.")])
        ),
        ("command", command), ("webhook", webhook),
    ]

    private static let command = Section(
        title: "a sink of type command",
        keys: [
            type("command", "A program that is started for the deliveries."),
            Key(
                name: "command",
                shape: .list(
                    of: .text(
                        TextRule(
                            words: "a text of at most 32,768 characters, without U+0000", length: 0...32_768,
                            all: .allButZero)),
                    count: 1...256),
                meaning:
                    "The program and its arguments; no shell reads them. A program with a slash in it is a path, relative to the "
                    + "folder of the configuration file; others are searched in PATH.", isRequired: true),
            Key(
                name: "environment",
                shape: .names(
                    of: .text(
                        TextRule(
                            words: "a text of at most 32,768 characters, without U+0000", length: 0...32_768,
                            all: .allButZero)),
                    key: variable, most: 256),
                meaning: "Variables that the program gets besides those of the gateway. No place for secrets."),
            timeout(30),
        ])

    private static let webhook = Section(
        title: "a sink of type webhook",
        keys: [
            type("webhook", "A POST request for each delivery."),
            Key(
                name: "url",
                shape: .text(
                    address(
                        "a web address such as https://example.com/hook, without spaces",
                        prefixes: ["https://", "http://"],
                        most: 2048)),
                meaning: "Where to post to, such as https://example.com/hook.", isRequired: true),
            secretFile("secret_file", "the secret with which requests are signed"),
            secretVariable("secret_env", "the secret with which requests are signed"),
            timeout(10),
            Key(
                name: "maximum_in_flight", shape: .integer(1...256),
                meaning: "Requests that may be under way at the same time, of different channels.", absent: .number(4)),
            certificateAuthority,
        ],
        choices: [.init(keys: ["secret_file", "secret_env"], isRequired: false)])

    private static func type(_ name: String, _ meaning: String) -> Key {
        Key(name: "type", shape: .choice([name]), meaning: meaning, isRequired: true)
    }

    private static func timeout(_ seconds: Double) -> Key {
        Key(
            name: "timeout_seconds", shape: .number(0.1...86_400),
            meaning: "How long one delivery may take before it counts as failed, and is tried again.",
            absent: .number(seconds))
    }

    private static let certificateAuthority = file(
        "ca_file", "A PEM file whose certificates are trusted instead of the system's.")
}

extension Duration {
    /// As the file writes it.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
