/// What the gateway's process asks of the simulator's, a line of JSON each; each is answered by one line.
enum Order: Codable, Sendable {
    /// Posts from now on so often; 0 ends it. Answered with `Posted`.
    case traffic(postsPerSecond: Double)
    /// Resets all sockets. Answered with `Dropped`.
    case drop
    /// An account edits its profile, which is told to everybody. Answered with `Announced`.
    case announce
    /// Lets accounts go deaf. Answered with `Deafened`.
    case deafen([Int])
    /// Answered with `Attempts`: those since the last time.
    case attempts
    /// Looks on at the gateway's status server. Answered with `Watched`, after so many seconds.
    case watch(port: UInt16, seconds: Int)

    /// What the simulator's process says first.
    struct Ready: Codable, Sendable {
        /// By server.
        var endpoints: [String]
        /// By account.
        var tokens: [String]
    }

    struct Posted: Codable, Sendable {
        /// How many so far, by channel.
        var counts: [Int]
    }

    struct Announced: Codable, Sendable {
        var status: Int
    }

    struct Dropped: Codable, Sendable {
        var count: Int
        /// When it began, and when it was done: nanoseconds of the machine's monotonic clock.
        var began: UInt64
        var ended: UInt64
    }

    struct Deafened: Codable, Sendable {
        /// When each went deaf; shorter than the order where one did not.
        var times: [UInt64]
    }

    struct Watched: Codable, Sendable {
        /// That the page was sent.
        var pageBytes: Int
        /// Seconds that an answer of `/readyz` or `/metrics` took.
        var longestAnswer: Double
    }

    struct Attempts: Codable, Sendable {
        var total: Int
        /// Within any second.
        var peak: Int
    }
}
