internal import ConnectionLifecycle
internal import HoldfastMattermost

/// All keys of the configuration: the one description of which the reader's checks, the JSON Schema and its texts are made.
enum ConfigurationKeys {
    typealias Section = ConfigurationShape.Section
    typealias Key = ConfigurationShape.Key

    static let root = Section(
        title: "the configuration",
        keys: [
            Key(
                name: "$schema", shape: .text(line("the address of the schema", most: 2048)),
                meaning: "The address of this schema, for editors; the gateway does not look at it."),
            Key(
                name: "store", shape: path,
                meaning:
                    "The file that keeps deliveries until they are acknowledged, also across a crash; null keeps them in "
                    + "memory only, so that what is unacknowledged at the end of the process is lost. " + relative,
                isNullable: true, absent: .text("gateway.holdfast")),
            Key(
                name: "loops", shape: .integer(1...64),
                meaning:
                    "Threads with an event loop, among which the accounts are spread. Default: one for each processor, "
                    + "at most \(GatewayConfiguration.mostLoopsByDefault)."),
            Key(name: "log", shape: .section(log), meaning: "What the gateway writes to standard error."),
            Key(
                name: "status", shape: .section(status),
                meaning: "A page with the state of all accounts, and metrics, over HTTP. Without it there is none."),
            Key(
                name: "control", shape: path,
                meaning:
                    "The path of the Unix socket by which `holdfast ctl` reaches the running gateway; null makes none. "
                    + "Default: beside the store, with .sock at the end of its name; none without a store. " + relative,
                isNullable: true),
            Key(
                name: "shutdown_seconds", shape: .number(0...3600),
                meaning: "How long a graceful end may take: sinks finish, connections close.", absent: .number(10)),
            Key(
                name: "servers", shape: .names(of: .section(server), key: name, most: 10_000),
                meaning: "The Mattermost servers, by names of your choice.", isRequired: true),
            Key(
                name: "sinks", shape: .names(of: .variant(key: "type", sinks), key: name, most: 10_000),
                meaning: "Where deliveries go, by names of your choice.", isRequired: true),
            Key(
                name: "accounts", shape: .list(of: .section(account), count: 0...30_000),
                meaning: "The accounts, each with one connection and its own part of the store.", isRequired: true),
        ])

    static let log = Section(
        title: "the log",
        keys: [
            Key(
                name: "format", shape: .choice(GatewayConfiguration.Log.Format.allCases.map(\.rawValue)),
                meaning: "text for people, or one JSON object a line.",
                absent: .text(GatewayConfiguration.Log().format.rawValue)),
            Key(
                name: "level", shape: .choice(GatewayConfiguration.Log.Level.allCases.map(\.rawValue)),
                meaning: "The least severe of what is written.",
                absent: .text(GatewayConfiguration.Log().level.rawValue)),
        ])

    static let status = Section(
        title: "the status page",
        keys: [
            Key(
                name: "listen", shape: .text(address("an address and a port, such as 127.0.0.1:8090", most: 300)),
                meaning:
                    "Address and port to listen on, such as 127.0.0.1:8090 or [::1]:8090; port 0 takes a free one. "
                    + "An address that is not a loopback one needs a token.", isRequired: true),
            secretFile("token_file", "the token that the page wants as Authorization: Bearer"),
            secretVariable("token_env", "the token that the page wants as Authorization: Bearer"),
        ],
        choices: [.init(keys: ["token_file", "token_env"], isRequired: false)])

    static let account = Section(
        title: "an account",
        keys: [
            Key(
                name: "name", shape: .text(name),
                meaning:
                    "The account's name in logs, on the status page, and as its part of the store: whoever changes it "
                    + "begins anew.", isRequired: true),
            Key(name: "server", shape: .text(name), meaning: "Which of the servers.", isRequired: true),
            secretFile("token_file", "the account's access token"),
            secretVariable("token_env", "the account's access token"),
            Key(name: "sink", shape: .text(name), meaning: "Which of the sinks.", isRequired: true),
        ],
        choices: [.init(keys: ["token_file", "token_env"], isRequired: true)])

    // MARK: Kinds of texts

    /// A name that somebody gives.
    static let name = TextRule(
        words: "a name of 1 to 64 letters (a to z), digits, dots, underscores and hyphens", length: 1...64,
        all: .of("A-Za-z0-9._-"))

    static let path = ConfigurationShape.text(
        line("a path of 1 to 4,096 characters without control characters", most: 4096))

    static let relative = "A relative path begins at the folder of the configuration file."

    static let variable = TextRule(
        words: "the name of an environment variable: letters (a to z), digits and underscores, no digit first",
        length: 1...256, first: .of("A-Za-z_"), all: .of("A-Za-z0-9_"))

    static func line(_ words: String, least: Int = 1, most: Int) -> TextRule {
        TextRule(words: words, length: least...most, all: .printable)
    }

    static func address(_ words: String, prefixes: [String] = [], most: Int) -> TextRule {
        TextRule(words: words, length: 1...most, prefixes: prefixes, all: .visible)
    }

    static func file(_ name: String, _ meaning: String, needs: String? = nil) -> Key {
        Key(name: name, shape: path, meaning: meaning + " " + relative, needs: needs)
    }

    static func secretFile(_ name: String, _ what: String, needs: String? = nil) -> Key {
        file(name, "A file with \(what), which only its owner can read (chmod 600).", needs: needs)
    }

    static func secretVariable(_ name: String, _ what: String, needs: String? = nil) -> Key {
        Key(
            name: name, shape: .text(variable), meaning: "The name of an environment variable with \(what).",
            needs: needs)
    }
}
