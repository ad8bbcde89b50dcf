/// What is going to happen, by time; at the same time, in the order in which it was decided. A binary heap.
struct Agenda {
    struct Entry {
        var time: UInt64
        var order: UInt64
        /// Tells the target which of its entries this is; a target knows which of them still count.
        var version: UInt32
        var target: any Occasion

        static func < (left: Entry, right: Entry) -> Bool {
            left.time != right.time ? left.time < right.time : left.order < right.order
        }
    }

    private var heap: [Entry] = []
    private var nextOrder: UInt64 = 0

    var nextTime: UInt64? { heap.first?.time }

    mutating func add(_ target: any Occasion, at time: UInt64, version: UInt32 = 0) {
        heap.append(Entry(time: time, order: nextOrder, version: version, target: target))
        nextOrder += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func takeFirst() -> Entry? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

/// Something that happens at its time.
protocol Occasion: AnyObject {
    /// Where it happens; nil for what happens to the world itself. It waits while that host is suspended, and never happens
    /// where it has crashed.
    var host: SimulatedHost? { get }

    /// False where it has been changed since: then it does not happen.
    func isDue(version: UInt32) -> Bool

    func occur(version: UInt32)
}

extension Occasion {
    func isDue(version: UInt32) -> Bool { true }
}
