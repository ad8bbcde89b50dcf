import WorldInterface

/// All deadlines of the server behind one timer of the loop: thousands of idle connections arm none of their own.
final class Deadlines {
    enum Due {
        case authenticationCheck(connection: UInt64)
        case ping(connection: UInt64)
        case pong(connection: UInt64)
        case close(connection: UInt64)
        case action(() -> Void)
    }

    /// While true nothing fires; what is overdue fires afterwards.
    var isHeld = false { didSet { arm() } }
    private let world: any World
    private let handle: (Due) -> Void
    private var timer: (any DeadlineTimer)?
    private var isClosed = false
    /// A binary heap by time.
    private var heap: [(at: Instant, due: Due)] = []

    init(world: any World, handle: @escaping (Due) -> Void) {
        self.world = world
        self.handle = handle
    }

    /// Ignored after `close`.
    func add(_ due: Due, after delay: Duration) {
        guard !isClosed else { return }
        heap.append((world.now + delay, due))
        siftUp(heap.count - 1)
        arm()
    }

    /// Forgets everything and releases the timer.
    func close() {
        isClosed = true
        heap = []
        timer?.close()
        timer = nil
    }

    private func arm() {
        guard let first = heap.first, !isHeld else { return timer?.disarm() ?? () }
        if timer == nil { timer = world.makeTimer { [weak self] in self?.fire() } }
        timer?.arm(at: first.at)
    }

    private func fire() {
        let now = world.now
        while !isHeld, let first = heap.first, first.at <= now {
            handle(takeFirst())
        }
        arm()
    }

    private func takeFirst() -> Due {
        heap.swapAt(0, heap.count - 1)
        let taken = heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].at < heap[least].at {
                least = child
            }
            guard least != parent else { return taken.due }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func siftUp(_ start: Int) {
        var child = start
        while child > 0, heap[child].at < heap[(child - 1) / 2].at {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }
}
