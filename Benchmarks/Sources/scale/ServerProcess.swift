import BenchmarkKit
import Foundation

/// The simulator's process, as the gateway's sees it.
///
/// Sound as Sendable: one order at a time, and nothing else touches the child.
final class ServerProcess: @unchecked Sendable {
    let identifier: Int32
    let ready: Order.Ready
    private let child: ChildProcess

    init(_ options: Options) throws {
        let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        child = try ChildProcess(
            path, ["--serve", "--connections", "\(options.connections)", "--servers", "\(options.servers)"])
        identifier = child.identifier
        guard let line = child.line() else { throw Failure("the simulator did not start") }
        ready = try Self.decoder.decode(Order.Ready.self, from: Data(line.utf8))
    }

    /// Waits for the answer on a thread of its own: handlers need those of Swift.
    func ask<Answer: Decodable & Sendable>(_ order: Order, for answer: Answer.Type) async throws -> Answer {
        let text = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
        let line = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                continuation.resume(returning: child.say(text) ? child.line() : nil)
            }
        }
        guard let line else { throw Failure("the simulator's process has ended") }
        return try Self.decoder.decode(Answer.self, from: Data(line.utf8))
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
