import Holdfast
import Testing

@testable import HoldfastC

extension PullQueue.Next where Delivery == Int {
    fileprivate var number: Int? { if case .delivery(let number) = self { number } else { nil } }
    fileprivate var isEnd: Bool { if case .end = self { true } else { false } }
}

@Suite struct PullQueueTests {
    @Test func whatIsPutIsPulledInOrder() async {
        let queue = PullQueue<Int>()
        for number in 0..<5 { #expect(await queue.put(number)) }
        for number in 0..<5 { #expect(queue.next(milliseconds: 0)?.number == number) }
        #expect(queue.next(milliseconds: 0) == nil)
        #expect(queue.next(milliseconds: 1) == nil)
    }

    @Test func aFullQueueHoldsItsProducerUntilSomethingIsPulled() async {
        let queue = PullQueue<Int>()
        let capacity = PullQueue<Int>.capacity
        let producer = Task { () -> Int in
            var count = 0
            for number in 0..<1000 where await queue.put(number) { count += 1 }
            queue.finish(nil)
            return count
        }
        // All of them, in order, whatever the interleaving.
        let pulled = await onThread { () -> [Int] in
            var pulled: [Int] = []
            while let number = queue.next(milliseconds: .max)?.number { pulled.append(number) }
            return pulled
        }
        #expect(pulled == Array(0..<1000))
        #expect(await producer.value == 1000)

        // Nobody pulls: those that find room are taken, the next one waits, and the end of the queue ends the wait.
        let other = PullQueue<Int>()
        for number in 0..<capacity { #expect(await other.put(number)) }
        let waiting = Task { await other.put(capacity) }
        other.close()
        #expect(await waiting.value == false)
        #expect(other.next(milliseconds: .max)?.isEnd == true)
    }

    @Test func theEndComesBehindWhatWaits() async {
        let queue = PullQueue<Int>()
        #expect(await queue.put(1))
        queue.finish(StoreError(.full, "the disk is full; make room"))
        #expect(queue.next(milliseconds: .max)?.number == 1)
        guard case .failed(let error) = queue.next(milliseconds: .max) else {
            Issue.record("the failure did not come")
            return
        }
        #expect(error.kind == .full)
    }

    @Test func closingWakesAThreadThatWaits() async {
        let queue = PullQueue<Int>()
        let isEnd = await withCheckedContinuation { done in
            inThread { done.resume(returning: queue.next(milliseconds: .max)?.isEnd) }
            queue.close()
        }
        #expect(isEnd == true)
        #expect(await queue.put(1) == false)
    }
}
