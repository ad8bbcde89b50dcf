/// How long to wait before the next of several attempts of the same kind: twice as long each time.
struct RetryPause {
    private let longest: Duration
    private var next: Duration
    private let first: Duration

    init(from first: Duration, to longest: Duration) {
        self.first = first
        self.longest = longest
        next = first
    }

    mutating func take() -> Duration {
        defer { next = min(next * 2, longest) }
        return next
    }

    mutating func reset() { next = first }
}
