/// What a connection counts itself, in half the width of `Counters`: there are many connections, and none makes four billion
/// transitions. Beyond that it begins anew instead of trapping.
struct Tally {
    var transitions: UInt32 = 0
    var ready: UInt32 = 0
    var resumed: UInt32 = 0
    var alive: UInt32 = 0
    var deaf: UInt32 = 0
    var inconclusive: UInt32 = 0
    var late: UInt32 = 0
    var pauses: UInt32 = 0
}

extension Counters {
    /// - Parameters:
    ///   - attempts: each generation is one.
    ///   - discarded: the buffer counts them.
    init(_ tally: Tally, attempts: UInt32, discarded: UInt64) {
        self.init(
            transitions: UInt64(tally.transitions), attempts: UInt64(attempts), ready: UInt64(tally.ready),
            resumed: UInt64(tally.resumed), alive: UInt64(tally.alive), deaf: UInt64(tally.deaf),
            inconclusive: UInt64(tally.inconclusive), late: UInt64(tally.late), pauses: UInt64(tally.pauses),
            discarded: discarded)
    }
}
