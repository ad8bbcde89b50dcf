import Testing

@testable import HoldfastC

private final class Thing: Sendable {}

@Suite struct HandleTableTests {
    private func status(_ body: () throws(Failure) -> Void) -> Int32? {
        do throws(Failure) {
            try body()
            return nil
        } catch {
            return error.status
        }
    }

    @Test func aHandleIsValidUntilItIsRemoved() throws {
        let table = HandleTable<Thing>(tag: 7, name: "a thing")
        let thing = Thing()
        let handle = table.add(thing)
        #expect(try table.find(handle) === thing)
        #expect(try table.remove(handle) === thing)
        #expect(status { () throws(Failure) in _ = try table.find(handle) } == Status.handle)
        #expect(status { () throws(Failure) in try table.remove(handle) } == Status.handle)
        #expect(table.count == 0)
    }

    @Test func aSlotThatIsUsedAgainHasAnotherHandle() throws {
        let table = HandleTable<Thing>(tag: 7, name: "a thing")
        let first = table.add(Thing())
        try table.remove(first)
        let second = table.add(Thing())
        // The same slot.
        #expect(first & 0xFFFF_FFFF == second & 0xFFFF_FFFF)
        #expect(first != second)
        #expect(status { () throws(Failure) in _ = try table.find(first) } == Status.handle)
    }

    @Test func noHandleIsUsedTwiceWhenTheGenerationsOfASlotAreSpent() throws {
        let table = HandleTable<Thing>(tag: 7, name: "a thing", lastGeneration: 3)
        var seen: Set<UInt64> = []
        for _ in 0..<10 {
            let handle = table.add(Thing())
            #expect(seen.insert(handle).inserted)
            try table.remove(handle)
        }
        // Three handles for each slot.
        #expect(Set(seen.map { $0 & 0xFFFF_FFFF }).count == 4)
    }

    @Test func garbageIsNoHandle() {
        let table = HandleTable<Thing>(tag: 7, name: "a thing")
        let handle = table.add(Thing())
        let other = HandleTable<Thing>(tag: 8, name: "another").add(Thing())
        for bit in 0..<64 {
            let garbage = handle ^ 1 << bit
            #expect(status { () throws(Failure) in _ = try table.find(garbage) } == Status.handle)
        }
        for garbage in [0, 1, .max, other] as [UInt64] {
            #expect(status { () throws(Failure) in try table.remove(garbage) } == Status.handle)
        }
        #expect(table.count == 1)
    }

    @Test func ofManyThreadsOneRemovesAHandle() async throws {
        let table = HandleTable<Thing>(tag: 7, name: "a thing")
        for _ in 0..<100 {
            let handle = table.add(Thing())
            let removed = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { (try? table.remove(handle)) != nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(removed == 1)
        }
    }
}
