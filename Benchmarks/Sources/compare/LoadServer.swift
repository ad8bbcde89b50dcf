import BenchmarkKit
import Foundation
import UVEventLoop
import WorldInterface

/// A `blast` of its own for one run, so that nothing of the run before is left in it.
final class LoadServer {
    struct State: Decodable {
        struct Flood: Decodable {
            var events: Int
            var bytes: Int
            var checksum: Int
            var done: Bool
        }

        var connections: Int
        var proven: Int
        var pings: Int
        var flood: Flood
    }

    private struct Greeting: Decodable {
        var url: String
    }

    let url: String
    /// Ends with this object.
    private let child: BenchmarkKit.ChildProcess
    private let controller: Controller

    init(on processor: Int?, _ controller: Controller) throws {
        child = try BenchmarkKit.ChildProcess(
            BenchmarkKit.ChildProcess.folder + "/blast", [], processor: processor, diesWithThread: true)
        self.controller = controller
        guard let line = child.line(), let greeting = try? JSONDecoder().decode(Greeting.self, from: Data(line.utf8))
        else { throw ChildFailure("blast did not start") }
        url = greeting.url
    }

    func state() throws -> State {
        try JSONDecoder().decode(State.self, from: Data(try controller.perform("GET", url + "/blast/state")))
    }

    func flood(events: Int, bytes: Int) throws {
        _ = try controller.perform("POST", url + "/blast/flood?events=\(events)&bytes=\(bytes)")
    }

    func drop() throws { _ = try controller.perform("POST", url + "/blast/drop") }

    /// Makes requests, and waits for their answers.
    final class Controller {
        private let loop: EventLoop

        init() throws { loop = try EventLoop.start(name: "controller") }

        /// The body of the answer. Blocks.
        func perform(_ method: String, _ url: String) throws -> [UInt8] {
            let answer = Answer()
            Task { [loop] in
                do {
                    let response = try await loop.perform(HTTPRequest(method: method, url: url))
                    answer.give(
                        response.status == 200
                            ? .success(response.body)
                            : .failure(ChildFailure("\(method) \(url): HTTP \(response.status)")))
                } catch {
                    answer.give(.failure(ChildFailure("\(error)")))
                }
            }
            return try answer.take()
        }
    }
}

/// From a task to a thread that waits for it. Sound as Sendable: the semaphore orders giving before taking.
private final class Answer: @unchecked Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private var result: Result<[UInt8], ChildFailure>?

    func give(_ result: Result<[UInt8], ChildFailure>) {
        self.result = result
        semaphore.signal()
    }

    func take() throws -> [UInt8] {
        semaphore.wait()
        guard let result else { return [] }
        return try result.get()
    }
}
