import WorldInterface

/// One deadline, an entry of its loop's `TimerQueue`. Loop-confined.
///
/// libuv counts in milliseconds of its own clock, which lags behind `EventLoop.now`; the instant is rounded *up* on
/// that clock, so the timer never fires before its instant and at most about a millisecond after it (plus what the loop
/// is busy with). An instant that is a second or more away is rounded up to the next hundredth of a second: the deadlines of
/// many idle connections then share their wake-ups.
///
/// Moving an armed deadline later — what a busy connection does for every message — only writes a field; the timer
/// looks at it when it fires.
final class LoopTimer: DeadlineTimer {
    /// Milliseconds from which on an instant is far away, and by how much it may then be late.
    private static let far: UInt64 = 1000
    private static let slack: UInt64 = 10

    private let loop: EventLoop
    private var fire: (() -> Void)?
    /// In libuv's milliseconds; `.max` while disarmed.
    private var due = UInt64.max
    /// Its place in the queue; -1 while it is not in there.
    fileprivate(set) var place = -1

    init(loop: EventLoop, fire: @escaping () -> Void) {
        self.loop = loop
        self.fire = fire
        loop.timers.openCount += 1
    }

    func arm(at instant: Instant) {
        guard fire != nil else { return }
        let (milliseconds, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        due = milliseconds + (rest > 0 ? 1 : 0)
        if due >= loop.timers.now + Self.far { due = (due + Self.slack - 1) / Self.slack * Self.slack }
        if place >= 0, loop.timers.heap[place].time <= due { return }
        schedule()
    }

    func disarm() {
        due = .max
        loop.timers.remove(self)
    }

    func close() {
        guard fire != nil else { return }
        fire = nil
        loop.timers.openCount -= 1
        disarm()
    }

    private func schedule() {
        // At least a millisecond: with zero, a callback that arms its timer for the past would run again in the same pass
        // over the queue, and input would starve.
        loop.timers.put(self, at: max(due, loop.timers.now + 1))
    }

    fileprivate func rang() {
        guard due != .max else { return }
        if due > loop.timers.now { return schedule() }
        due = .max
        fire?()
    }
}

extension TimerQueue {
    /// Puts a timer where its time belongs, or moves it there.
    func put(_ timer: LoopTimer, at time: UInt64) {
        let entry = Entry(time: time, timer: timer)
        if timer.place < 0 {
            heap.append(entry)
            sift(entry, from: heap.count - 1)
        } else {
            sift(entry, from: timer.place)
        }
        reschedule()
    }

    func remove(_ timer: LoopTimer) {
        guard timer.place >= 0 else { return }
        take(timer)
        reschedule()
    }

    private func take(_ timer: LoopTimer) {
        let hole = timer.place
        timer.place = -1
        let last = heap.removeLast()
        if last.timer !== timer { sift(last, from: hole) }
    }

    /// Lets the timers ring whose time has come.
    func ring() {
        let time = now
        while let first = heap.first, first.time <= time {
            take(first.timer)
            first.timer.rang()
        }
        reschedule()
    }

    /// Finds the place of an entry, upwards or downwards of a hole.
    private func sift(_ entry: Entry, from hole: Int) {
        var place = hole
        while place > 0, case let parent = (place - 1) / Self.arity, heap[parent].time > entry.time {
            move(heap[parent], to: place)
            place = parent
        }
        while case let first = Self.arity * place + 1, first < heap.count {
            var least = first
            for child in first + 1..<min(first + Self.arity, heap.count) where heap[child].time < heap[least].time {
                least = child
            }
            guard heap[least].time < entry.time else { break }
            move(heap[least], to: place)
            place = least
        }
        move(entry, to: place)
    }

    private func move(_ entry: Entry, to place: Int) {
        heap[place] = entry
        entry.timer.place = place
    }
}
