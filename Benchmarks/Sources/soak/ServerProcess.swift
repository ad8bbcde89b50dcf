import BenchmarkKit
import Foundation
import Synchronization

/// The simulator's process, as the soak's own sees it: takes orders, tells what happens on a thread of its own.
final class ServerProcess: @unchecked Sendable {
    // Sound as Sendable: the child is touched by the reading thread alone once that runs; the rest does not change, or is behind
    // a lock.
    let identifier: Int32
    let directory: Town.Directory
    private let child: ChildProcess
    private let orders: FileHandle
    private let isEnding = Mutex(false)

    init(seed: UInt64, connections: Int, rate: Double) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure("no pipe: \(String(cString: strerror(errno)))") }
        // The child inherits the reading end alone.
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        child = try ChildProcess(
            path,
            ["--serve", "\(ends[0])", "--seed", "\(seed)", "--connections", "\(connections)", "--rate", "\(rate)"])
        close(ends[0])
        orders = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        identifier = child.identifier
        guard let line = child.line(), case .ready(let data)? = ServerLine(line) else {
            throw Failure("the simulator did not start")
        }
        directory = try JSONDecoder().decode(Town.Directory.self, from: data)
    }

    /// Hands each line to `take`, on a thread of its own, until the process ends; then nil, if nobody ended it.
    func read(_ take: @escaping @Sendable (ServerLine?) -> Void) {
        Thread.detachNewThread { [self] in
            while let line = child.line() {
                if let line = ServerLine(line) { take(line) }
            }
            _ = child.wait()
            if !isEnding.withLock({ $0 }) { take(nil) }
        }
    }

    func send(_ order: Order) { try? orders.write(contentsOf: Data("\(order.text)\n".utf8)) }

    /// Its orders end, and with them the process.
    func end() {
        isEnding.withLock { $0 = true }
        try? orders.close()
    }

    /// User and system time, in seconds.
    var cpuSeconds: Double { ProcessUsage.cpuSeconds(of: identifier) }
}
