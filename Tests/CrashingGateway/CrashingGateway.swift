import Foundation
import Holdfast
import HoldfastMattermost
import HoldfastStore
import UVEventLoop

/// A gateway for the crash test, over the public API alone. It tells on standard output what it handles (`h NUMBER WHAT`) and
/// what it has acknowledged (`a NUMBER WHAT`), and when it has caught up (`c`), each in one write, and runs until it is killed.
@main enum CrashingGateway {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let store = try await SQLiteStore(path: arguments[2])
        let loop = try EventLoop.start()
        let service = MattermostService(
            server: try ServerURL(arguments[1]),
            token: try Token(ProcessInfo.processInfo.environment["HOLDFAST_TOKEN"] ?? ""), store: store)
        var configuration = Configuration()
        configuration.backoff.initial = .milliseconds(20)
        configuration.onObservation = { observation in
            if case .catchUp(let record) = observation, record.phase == .finished { tell("c 0 caught up") }
        }
        let connection = Connection(service, on: loop, configuration: configuration)
        await connection.start()
        for try await delivery in connection.deliveries {
            let what = try describe(delivery)
            tell("h \(delivery.number) \(what)")
            try await delivery.acknowledge()
            tell("a \(delivery.number) \(what)")
        }
    }

    private static func describe(_ delivery: Delivery) throws -> String {
        switch try delivery.content {
        case .posted(let posted): "posted \(posted.post.id) \(posted.post.editAt)"
        case .edited(let post): "edited \(post.id) \(post.editAt)"
        case .deleted(let post): "deleted \(post.id) 0"
        case .reactionAdded(let reaction): "reacted \(reaction.postID) \(reaction.emojiName)"
        case .reactionRemoved(let reaction): "unreacted \(reaction.postID) \(reaction.emojiName)"
        case .other: "\(delivery.event.name) - \(delivery.number)"
        }
    }

    private static func tell(_ line: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }
}
