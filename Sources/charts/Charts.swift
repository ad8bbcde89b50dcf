import Foundation

/// The state charts: writes them, and what can be known from the table behind them.
@main
struct Charts {
    private static let commands: [Command] = [
        WriteCommand.command, VerifyCommand.command, PathsCommand.command, TraceCommand.command, DiffCommand.command,
    ]

    static func main() async {
        var arguments = CommandLine.arguments.dropFirst()
        // Without a name it writes or checks, as it always did.
        let named = commands.first { $0.name == arguments.first }
        if named != nil { arguments.removeFirst() }
        if named == nil, arguments.contains(where: { $0 == "--help" || $0 == "-h" }) { return print(usage) }
        let command = named ?? WriteCommand.command
        if arguments.contains(where: { $0 == "--help" || $0 == "-h" }) { return print(command.usage) }
        do throws(Failure) {
            try await command.run(Array(arguments))
        } catch {
            Progress.say(error.message)
            exit(error.status)
        }
    }

    private static var usage: String {
        let width = commands.map(\.name.count).max() ?? 0
        let lines = commands.map { "  \($0.name.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.summary)" }
        return """
            usage: charts [--check] [--directory PATH]
                   charts COMMAND [OPTIONS]

            \(lines.joined(separator: "\n"))

            Without a command it is `charts write`. `charts COMMAND --help` says more.
            """
    }
}

/// One command of `charts`.
struct Command: Sendable {
    var name: String
    /// One line.
    var summary: String
    /// What `--help` prints.
    var usage: String
    var run: @Sendable ([String]) async throws(Failure) -> Void
}

/// Ends the program.
struct Failure: Error {
    /// 64: the command line is wrong. 1: what was asked for failed, or does not hold.
    var status: Int32
    var message: String

    init(_ status: Int32, _ message: String) {
        self.status = status
        self.message = message
    }

    static func unknown(_ argument: String, of command: String) -> Failure {
        Failure(64, "unknown argument \(argument); see charts \(command) --help")
    }
}

/// What a person reads meanwhile.
enum Progress {
    static func say(_ line: String) { FileHandle.standardError.write(Data("charts: \(line)\n".utf8)) }
}
