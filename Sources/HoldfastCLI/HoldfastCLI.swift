/// The command line of Holdfast: a demo, a watch on any Mattermost server, the simulator, and the state chart.
///
/// It is a user of the public API like any other; nothing here may be needed to embed the engine.
@main
enum HoldfastCLI {
    static let version = "0.1.0"

    private static let commands = [
        DemoCommand.command, WatchCommand.command, EchoCommand.command, GatewayCommand.command,
        ControlCommand.command, SimulateCommand.command, SoakCommand.command, ChartCommand.command,
    ]

    private static var usage: String {
        let width = commands.map(\.syntax.name.count).max() ?? 0
        let list = commands.map { command in
            let name = command.syntax.name
            return "  \(name)\(String(repeating: " ", count: width - name.count))  \(command.syntax.summary)"
        }
        return """
            usage: holdfast COMMAND [OPTIONS]

            Keeps a chat gateway's connection honest: not merely up, but delivering.

            \(list.joined(separator: "\n"))

            `holdfast COMMAND --help` explains a command. Start with `holdfast demo`.
            """
    }

    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        guard let first = arguments.first else {
            StandardError.write(usage)
            exitNow(.usage)
        }
        arguments.removeFirst()
        if ["--help", "-h", "help"].contains(first) { return StandardOutput.write(usage + "\n") }
        if first == "--version" { return StandardOutput.write("holdfast \(version)\n") }
        guard let command = commands.first(where: { $0.syntax.name == first }) else {
            let names = commands.map(\.syntax.name).joined(separator: ", ")
            StandardError.complain("holdfast", "there is no such command; use one of: \(names)")
            exitNow(.usage)
        }
        if arguments.contains("--help") || arguments.contains("-h") {
            return StandardOutput.write(command.syntax.help + "\n")
        }
        do throws(Complaint) {
            exitNow(try await command.run(try command.syntax.parse(arguments)))
        } catch {
            StandardError.complain("holdfast \(first)", error.message)
            exitNow(error.status)
        }
    }
}

/// One command of the command line.
struct Command: Sendable {
    var syntax: Syntax
    var run: @Sendable (Arguments) async throws(Complaint) -> ExitStatus
}
