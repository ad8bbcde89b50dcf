/// Something that must never be, and was.
public struct Violation: Hashable, Codable, Sendable {
    public enum Kind: String, CaseIterable, Codable, Sendable {
        case lost, doubled
        case outOfOrder = "out-of-order"
        /// Told of something that the server knows nothing of.
        case unknown
        /// Handed over again although its acknowledgement had returned.
        case acknowledgedAgain = "acknowledged-again"
        case twoSockets = "two-sockets"
        /// More timers than a connection can need, or one used after it was closed.
        case timers
        case withoutCause = "reconnect-without-cause"
        /// Deaf for too long.
        case unnoticed
        /// Gone on from a place of a connection that was judged deaf.
        case wrongResume = "wrong-resume"
        /// Attempts one after the other without backing off.
        case hammering
        /// A verdict that belongs to no probe that runs.
        case lateVerdict = "late-verdict"
        /// Judged stale before the misses were spent.
        case tooFewMisses = "too-few-misses"
        /// The records do not follow from one another.
        case incoherent
        /// Stopped, and nobody had asked for it.
        case gaveUp = "gave-up"
        /// Not well again when it had to be.
        case notRecovered = "not-recovered"
        /// Not at its end when it had to be, or something was left.
        case notStopped = "not-stopped"
        /// More is held than was allowed.
        case unbounded
    }

    public var kind: Kind
    /// Virtual seconds since the start.
    public var at: Double
    /// -1 for the world.
    public var gateway: Int
    public var text: String
}
