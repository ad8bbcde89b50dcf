import Holdfast
import HoldfastMattermost

/// `holdfast echo`: a complete bot, over the public API alone. README shows the heart of it.
enum EchoCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = Syntax(
        name: "echo", summary: "Run a bot that answers each post with the same words, once.",
        options: ConnectionOptions.first + [
            .init(
                "--store", "PATH",
                "keep in this file what was answered, and go on from there the next time;\n"
                    + "without it, what comes while the bot does not run stays unanswered")
        ] + ConnectionOptions.last + [
            .init("--json", "JSON Lines on a terminal too")
        ],
        notes: """
            Answers in the thread of the post, in every channel of the bot, but for posts of bots and of the server
            itself. Posts that came while the connection was deaf or gone are answered as well; none is answered twice.

            Prints one line for each answer; diagnostics go to standard error. SIGINT or SIGTERM ends it with status 0.
            """)

    private static func run(_ arguments: Arguments) async throws(Complaint) -> ExitStatus {
        let options = try ConnectionOptions(arguments)
        let isPretty = StandardOutput.isTerminal && !arguments.has("--json")
        return try await Session.run("echo", options) {
            if isPretty { StandardOutput.write("Answering on \(options.server); Ctrl-C ends it.\n\n") }
        } show: { _ in
        } consume: { connection, loop in
            var bot = EchoBot(connection, on: loop)
            for try await delivery in connection.deliveries {
                if let answer = try await bot.answer(delivery) {
                    StandardOutput.write(isPretty ? text(answer) : line(answer))
                }
                try await delivery.acknowledge()
            }
        }
    }

    private static func line(_ answer: EchoBot.Answer) -> [UInt8] {
        JSONWriter.line([
            "type": .string("answer"), "number": .integer(answer.delivery.number),
            "source": .string(answer.delivery.source.rawValue), "post_id": .string(answer.post.id),
            "answer_id": .string(answer.answerID), "channel_id": .string(answer.post.channelID),
        ])
    }

    private static func text(_ answer: EchoBot.Answer) -> [UInt8] {
        let source = answer.delivery.source == .live ? "" : "  (\(answer.delivery.source.rawValue))"
        return Array(
            "\(answer.sender.onOneLine.cut(to: 24)): \(answer.post.message.onOneLine.cut(to: 80))\(source)\n".utf8)
    }
}
