/// What all machines have in common that are set alike, as they use it: compiled once, and shared by reference, for there may
/// be many. Only the time of the first probe is each machine's own, so that many can be spread over it.
public final class LifecycleSettings: Sendable {
    /// The defaults.
    public static let standard = LifecycleSettings()

    let timing: CompiledTiming
    let backoff: CompiledBackoff
    let table: CompiledTable

    /// - Parameter table: another than the standard one only to test the tests.
    public convenience init(
        timing: Timing = Timing(), backoff: BackoffPolicy = BackoffPolicy(), table: CompiledTable = .standard
    ) {
        self.init(CompiledTiming(timing), CompiledBackoff(backoff), table)
    }

    private init(_ timing: CompiledTiming, _ backoff: CompiledBackoff, _ table: CompiledTable) {
        self.timing = timing
        self.backoff = backoff
        self.table = table
    }

    /// With another timing; the same object where no more than the first probe differs.
    public func with(_ timing: Timing) -> LifecycleSettings {
        let timing = CompiledTiming(timing)
        return timing == self.timing ? self : LifecycleSettings(timing, backoff, table)
    }

    /// With another backoff.
    public func with(_ backoff: BackoffPolicy) -> LifecycleSettings {
        LifecycleSettings(timing, CompiledBackoff(backoff), table)
    }
}
