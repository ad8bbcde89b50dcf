import HoldfastGateway

/// `holdfast gateway`
enum GatewayCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = Syntax(
        name: "gateway", summary: "Keep many accounts on many servers, and hand over what they are sent.",
        options: [
            .init("--config", "FILE", "what to do; --sample shows one"),
            .init("--check", "only say what is wrong with the file, by line and column"),
            .init("--sample", "print a configuration to begin with"),
            .init("--schema", "print the JSON Schema of configurations, for editors"),
        ],
        notes: """
            Each post, edit, deletion and reaction of each account goes to the sink that the configuration gives it, once it is
            stored and until it is handled: as a line of JSON on standard output, to a command, or to a webhook. What comes
            while an account is deaf, or the gateway does not run, is fetched.

            A sink posts by a line of JSON, on standard input or that of the command's output, or in a webhook's answer:

              {"post":{"account":"bot-1","channel_id":"…","message":"…"},"ref":"any"}

            Diagnostics go to standard error. SIGHUP reads the file again and touches only what changed; a file that is wrong
            changes nothing. SIGINT and SIGTERM take no more events, hand over what has come, close all connections, and end
            with status 0; a second one ends at once.
            """)

    private static func run(_ arguments: Arguments) async throws(Complaint) -> ExitStatus {
        if arguments.has("--schema") {
            StandardOutput.write(GatewayConfiguration.schema() + [0x0A])
            return .success
        }
        if arguments.has("--sample") {
            StandardOutput.write(GatewayConfiguration.sample + "\n")
            return .success
        }
        let path = try arguments.required(
            "--config", "--config gateway.json, or see a sample: holdfast gateway --sample")
        let loaded = try load(path)
        for warning in loaded.warnings { StandardError.write("\(path):\(warning.description) (warning)") }
        if arguments.has("--check") {
            let configuration = loaded.configuration
            StandardError.write(
                "\(path) is right: \(configuration.accounts.count) accounts, \(configuration.servers.count) servers, "
                    + "\(configuration.sinks.count) sinks")
            return .success
        }
        return try await GatewayRun.run(loaded.configuration, path: path)
    }

    /// All that is wrong, a line each.
    static func load(_ path: String) throws(Complaint) -> GatewayConfiguration.Loaded {
        do throws(InvalidConfiguration) {
            return try GatewayConfiguration.load(path)
        } catch {
            for line in error.description.split(separator: "\n") { StandardError.write(String(line)) }
            throw Complaint("the configuration is not used; correct what is said above")
        }
    }
}
