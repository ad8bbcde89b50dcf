import Locking
import Testing
import WorldInterface

@testable import Holdfast

@Suite(.timeLimit(.minutes(10))) struct SleepTests {
    /// Sleeps a second of a world's time; tells "slept" or "cancelled".
    private func sleeper(_ world: ManualWorld) -> (task: Task<Void, Never>, outcome: Lock<String>) {
        let outcome = Lock("")
        let task = Task(executorPreference: world) {
            do throws(CancellationError) {
                try await world.sleep(for: .seconds(1))
                outcome.withLock { $0 += "slept" }
            } catch {
                outcome.withLock { $0 += "cancelled" }
            }
        }
        return (task, outcome)
    }

    @Test func aSleepLastsAsLongAsItSaysAndLeavesNoTimer() {
        let world = ManualWorld()
        let (_, outcome) = sleeper(world)
        world.turn()
        world.advance(by: .milliseconds(999))
        #expect(outcome.withLock { $0 } == "")
        world.advance(by: .milliseconds(1))
        #expect(outcome.withLock { $0 } == "slept")
        #expect(world.openTimerCount == 0)
    }

    @Test(arguments: [false, true]) func aCancelEndsASleep(beforeItBegan: Bool) {
        let world = ManualWorld()
        let (task, outcome) = sleeper(world)
        if !beforeItBegan { world.turn() }
        task.cancel()
        world.turn()
        #expect(outcome.withLock { $0 } == "cancelled")
        #expect(world.openTimerCount == 0)
        world.advance(by: .seconds(2))
        #expect(outcome.withLock { $0 } == "cancelled")
    }

    @Test func manySleepsOfOneWorldEndInTheirOrder() {
        let world = ManualWorld()
        let order = Lock<[Int]>([])
        for number in [3, 1, 2, 0] {
            Task(executorPreference: world) {
                try? await world.sleep(for: .seconds(number))
                order.withLock { $0.append(number) }
            }
        }
        world.advance(by: .seconds(3))
        #expect(order.withLock { $0 } == [0, 1, 2, 3])
        #expect(world.openTimerCount == 0)
    }
}
