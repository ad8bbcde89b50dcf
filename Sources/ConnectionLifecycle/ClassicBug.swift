#if CLASSIC_BUGS
    /// Faults that clients of chat servers have had. Only in builds with `-D CLASSIC_BUGS`, where one at a time can be put back
    /// into the engine to see whether the virtual soak finds it. The product does not contain them.
    package enum ClassicBug: String, CaseIterable, Sendable {
        /// A poll whose answer comes late starts its timer although the connection is closed.
        case timerAfterClose = "timer-after-close"
        /// What the account's revision is compared with is taken at the first successful poll, not before dialling.
        case lateBaseline = "late-baseline"
        /// The backoff begins anew as soon as TCP opens.
        case earlyReset = "reset-on-tcp-open"
        /// The result of a probe is applied although the probe is over.
        case lateVerdict = "late-probe-result"
        /// A connection that was judged deaf is gone on from.
        case resumeAfterDeaf = "resume-after-deaf"
        /// Live events are handed over while older ones are being fetched.
        case racingCatchUp = "catch-up-races-live"
        /// A missed reply counts against the next connection.
        case leakingMiss = "leaking-miss"
        /// The old socket is left when the new one is opened.
        case twoSockets = "two-sockets"
        /// 401 ends the connection for good.
        case finalUnauthorized = "401-is-final"
        /// The store is told that a delivery is done before it is handed over.
        case earlyAcknowledgement = "early-acknowledgement"

        /// The one that is put back. Set before anything runs, and by tests that run one after the other.
        package nonisolated(unsafe) static var active: ClassicBug?
    }
#endif
