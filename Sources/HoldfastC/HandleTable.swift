internal import Locking

/// Objects behind numbers, so that what a host holds can be checked: a number that was never given out, or whose object is
/// gone, is noticed and not followed.
///
/// A number is the table's tag (8 bits), the generation of the slot (24 bits, from 1) and its index (32 bits). A slot whose
/// generations are used up is not used again, so no number comes twice. May be used from any thread.
final class HandleTable<Object: AnyObject & Sendable>: Sendable {
    private struct Slot {
        var generation: UInt64 = 0
        var object: Object?
    }

    private struct Contents {
        var slots: [Slot] = []
        /// Indices of slots without an object.
        var free: [Int] = []
    }

    static var lastGeneration: UInt64 { (1 << 24) - 1 }

    private let tag: UInt64
    private let name: String
    private let lastGeneration: UInt64
    private let contents = Lock(Contents())

    /// - Parameters:
    ///   - tag: tells the handles of this table from those of others; at least 1.
    ///   - name: what they are handles of, for errors.
    ///   - lastGeneration: how often a slot is used.
    init(tag: UInt8, name: String, lastGeneration: UInt64 = HandleTable.lastGeneration) {
        self.tag = UInt64(tag)
        self.name = name
        self.lastGeneration = lastGeneration
    }

    func add(_ object: Object) -> UInt64 {
        contents.withLock { contents in
            if contents.free.isEmpty {
                contents.free.append(contents.slots.count)
                contents.slots.append(Slot())
            }
            let index = contents.free.removeLast()
            contents.slots[index].generation += 1
            contents.slots[index].object = object
            return tag << 56 | contents.slots[index].generation << 32 | UInt64(index)
        }
    }

    func find(_ handle: UInt64) throws(Failure) -> Object {
        let object = contents.withLock { contents in
            index(of: handle, in: contents).flatMap { contents.slots[$0].object }
        }
        guard let object else { throw failure }
        return object
    }

    /// From now on the handle is invalid.
    @discardableResult
    func remove(_ handle: UInt64) throws(Failure) -> Object {
        let object = contents.withLock { contents -> Object? in
            guard let index = index(of: handle, in: contents) else { return nil }
            defer { contents.slots[index].object = nil }
            if contents.slots[index].generation < lastGeneration { contents.free.append(index) }
            return contents.slots[index].object
        }
        guard let object else { throw failure }
        return object
    }

    /// How many handles are valid.
    var count: Int { contents.withLock { $0.slots.count { $0.object != nil } } }

    private func index(of handle: UInt64, in contents: Contents) -> Int? {
        let index = Int(handle & 0xFFFF_FFFF)
        guard handle >> 56 == tag, index < contents.slots.count,
            contents.slots[index].generation == handle >> 32 & 0xFF_FFFF, contents.slots[index].object != nil
        else { return nil }
        return index
    }

    private var failure: Failure {
        Failure(
            Status.handle,
            "this is no handle of \(name), or it was closed before; use the one that the library gave, until it is closed"
        )
    }
}

/// All handles of the process.
enum Handles {
    static let engines = HandleTable<Engine>(tag: 1, name: "an engine")
    static let connections = HandleTable<Session>(tag: 2, name: "a connection")
    static let deliveries = HandleTable<DeliveryRecord>(tag: 3, name: "a delivery")
}
