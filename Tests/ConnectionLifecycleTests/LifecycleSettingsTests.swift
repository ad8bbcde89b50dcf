import Testing

@testable import ConnectionLifecycle

/// Many machines that are set alike share what was compiled.
struct LifecycleSettingsTests {
    @Test func theFirstProbeAloneMakesNoOthers() {
        var timing = Timing()
        timing.firstProbe = .seconds(7)
        #expect(LifecycleSettings.standard.with(timing) === LifecycleSettings.standard)
    }

    @Test func anyOtherTimeMakesOthersAndKeepsTheBackoff() {
        var backoff = BackoffPolicy()
        backoff.cap = .seconds(3)
        let settings = LifecycleSettings.standard.with(backoff)
        #expect(settings !== LifecycleSettings.standard)
        #expect(settings.timing == LifecycleSettings.standard.timing)
        var timing = Timing()
        timing.probeAgain = .milliseconds(1500)
        let others = settings.with(timing)
        #expect(others !== settings)
        #expect(others.backoff == CompiledBackoff(backoff))
        #expect(others.timing.probeAgain == 1_500_000_000)
    }

    /// 1 s after the start it is ready; the first probe is due 7 s later, and never later than the interval of 30 s.
    @Test(arguments: [(7, 8), (40, 31)])
    func eachMachineHasItsOwnFirstProbe(firstProbe: Int, due: UInt64) {
        var machine = Lifecycle(.standard, firstProbe: .seconds(firstProbe), seed: 1)
        _ = machine.handle(Input(.start), now: 0)
        _ = machine.handle(Input(.ready, generation: machine.generation), now: 1_000_000_000)
        #expect(machine.state == .open)
        #expect(machine.due == due * 1_000_000_000)
    }
}
