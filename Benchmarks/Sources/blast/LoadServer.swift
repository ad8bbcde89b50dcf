import UVEventLoop
import WorldInterface

/// The sockets, and what is done to all of them. Loop-confined, but for `listen`.
final class LoadServer: @unchecked Sendable {
    // Sound as Sendable: all that changes is touched on its loop only.
    let loop: EventLoop
    private var listener: (any Listener)?
    /// The open WebSockets, by number; the newest has the greatest.
    private var sockets: [Int: LoadSocket] = [:]
    private var lastNumber = 0
    private var newest: LoadSocket?
    private weak var flooding: LoadSocket?
    private var stock: FrameStock?
    private(set) var proven = 0
    private(set) var pings = 0
    private(set) var flood = FloodSums()

    init(on loop: EventLoop) { self.loop = loop }

    /// Returns the port.
    func listen(on port: UInt16) async throws -> UInt16 {
        try await Task(executorPreference: loop) { [self] in
            let listener = try loop.listen(on: Endpoint(host: "127.0.0.1", port: port), tls: nil) { [self] stream in
                LoadSocket(stream: stream, server: self)
            }
            self.listener = listener
            return listener.port
        }.value
    }

    var connections: Int { sockets.count }

    /// Returns its number.
    func opened(_ socket: LoadSocket) -> Int {
        lastNumber += 1
        sockets[lastNumber] = socket
        newest = socket
        return lastNumber
    }

    func closed(_ number: Int, wasProven: Bool) {
        if let socket = sockets.removeValue(forKey: number), socket === newest { newest = nil }
        if wasProven { proven -= 1 }
    }

    func ponged(first: Bool) {
        pings += 1
        if first { proven += 1 }
    }

    /// Nil where it began, otherwise why not.
    func beginFlood(events: Int, bytes: Int, seed: UInt64) -> String? {
        guard let newest else { return "no WebSocket is open" }
        guard flood.isDone else { return "a flood is under way" }
        let stock: FrameStock
        if let known = self.stock, known.bytes == bytes, known.seed == seed {
            stock = known
        } else {
            stock = FrameStock(bytes: bytes, seed: seed)
        }
        self.stock = stock
        flood = FloodSums(isDone: events == 0)
        flooding = newest
        newest.flood(events, from: stock)
        return nil
    }

    /// After the loop has looked at its other sockets.
    func goOnLater() { Task(executorPreference: loop) { [self] in flooding?.goOn() } }

    func sent(_ batch: FloodSums) {
        flood.events += batch.events
        flood.bytes += batch.bytes
        flood.checksum += batch.checksum
        flood.isDone = batch.isDone
    }

    /// The flood's socket is gone: another one may begin, and the sums tell that this one is short.
    func floodBroke() { flood.isDone = true }

    /// Returns how many there were.
    func dropAll() -> Int {
        let dropped = Array(sockets.values)
        for socket in dropped { socket.drop() }
        return dropped.count
    }
}

/// What has been sent of a flood, to be compared with what the client got.
struct FloodSums {
    var events = 0
    /// Of frame payloads.
    var bytes = 0
    /// The messages' lengths in UTF-8 bytes, as a client reads them: not escaped.
    var checksum = 0
    var isDone = true
}
