import Testing

@testable import ConnectionLifecycle

@Suite("Backoff")
struct BackoffPolicyTests {
    private func waits(
        _ policy: BackoffPolicy, _ lane: RetryLane, failures: UInt32, seed: UInt64 = 1, count: Int = 500
    ) -> [UInt64] {
        let compiled = CompiledBackoff(policy)
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in compiled.delay(lane, failures: failures, random: &random) }
    }

    @Test("grows by the factor and stops at the cap")
    func growth() {
        var policy = BackoffPolicy()
        policy.jitter = 0
        // 0.5 s, doubled each time, at most 30 s.
        let expected: [Double] = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
        for (index, seconds) in expected.enumerated() {
            #expect(waits(policy, .paced, failures: UInt32(index + 1))[0] == UInt64(seconds * 1e9))
        }
        #expect(waits(policy, .paced, failures: 0)[0] == 500_000_000)
        #expect(waits(policy, .paced, failures: .max)[0] == 30_000_000_000)
    }

    @Test("grows slower for refused credentials, and stops at 30 s")
    func slowLane() {
        var policy = BackoffPolicy()
        policy.jitter = 0
        // 1 s, half as much again each time.
        #expect(waits(policy, .slow, failures: 1)[0] == 1_000_000_000)
        #expect(waits(policy, .slow, failures: 2)[0] == 1_500_000_000)
        #expect(waits(policy, .slow, failures: 3)[0] == 2_250_000_000)
        #expect(waits(policy, .slow, failures: 100)[0] == 30_000_000_000)
    }

    @Test("draws from 1 - jitter … 1 of the nominal wait, and uses the whole of it")
    func jitter() throws {
        let drawn = waits(BackoffPolicy(), .paced, failures: 2)
        // Nominally 1 s, a quarter of jitter.
        #expect(drawn.allSatisfy { (750_000_000...1_000_000_000).contains($0) })
        #expect(try #require(drawn.min()) < 760_000_000)
        #expect(try #require(drawn.max()) > 990_000_000)
        #expect(
            waits(BackoffPolicy(), .paced, failures: 2, seed: 1) == waits(BackoffPolicy(), .paced, failures: 2, seed: 1)
        )
        #expect(
            waits(BackoffPolicy(), .paced, failures: 2, seed: 1) != waits(BackoffPolicy(), .paced, failures: 2, seed: 2)
        )
    }

    @Test("retries at once, but not everybody in the same instant")
    func atOnce() {
        let drawn = waits(BackoffPolicy(), .atOnce, failures: 1)
        #expect(drawn.allSatisfy { (1_000_000...100_000_000).contains($0) })
        #expect(Set(drawn).count > 400)
    }

    @Test("never comes earlier than Retry-After asked, up to the cap")
    func retryAfter() {
        let second: UInt64 = 1_000_000_000
        // Jitter of up to `initial` (0.5 s) upwards only.
        #expect(
            waits(BackoffPolicy(), .after(7 * second), failures: 1).allSatisfy {
                (7 * second...8 * second).contains($0)
            })
        // Asked for an hour, gets five minutes.
        #expect(
            waits(BackoffPolicy(), .after(3600 * second), failures: 1).allSatisfy {
                (300 * second...301 * second).contains($0)
            })
        // Asked for nothing: the own pace remains. 16 s nominally after six failures.
        #expect(waits(BackoffPolicy(), .after(0), failures: 6).allSatisfy { (12 * second...16 * second).contains($0) })
    }

    /// Every combination of nonsense in numbers and durations.
    @Test(
        "no nonsense traps or spins",
        arguments: [Double.nan, -.infinity, -1, 0, 0.5, 1, 1e300, .infinity],
        [Duration.zero, .seconds(-1), .seconds(Int64.max), .nanoseconds(1)])
    func nonsense(number: Double, duration: Duration) {
        var policy = BackoffPolicy()
        (policy.factor, policy.slowFactor, policy.jitter) = (number, number, number)
        (policy.initial, policy.cap, policy.slowInitial, policy.slowCap) = (duration, duration, duration, duration)
        (policy.resetAfter, policy.atOnceJitter, policy.retryAfterCap) = (duration, duration, duration)
        for failures in [UInt32(0), 1, 2, 40, .max] {
            for lane in [RetryLane.paced, .slow, .after(0), .after(.max)] {
                #expect(waits(policy, lane, failures: failures, count: 5).allSatisfy { $0 >= 10_000_000 })
            }
            #expect(waits(policy, .atOnce, failures: failures, count: 5).allSatisfy { $0 >= 1_000_000 })
        }
    }

    @Test("a cap below the start is kept")
    func capBelowStart() {
        var policy = BackoffPolicy()
        policy.jitter = 0
        policy.cap = .milliseconds(100)
        #expect(waits(policy, .paced, failures: 1)[0] == 100_000_000)
    }
}
