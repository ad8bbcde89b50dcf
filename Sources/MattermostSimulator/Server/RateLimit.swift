/// A token bucket with the answers of the server's limiter (`throttled`): every header counts in delta seconds.
struct RateLimit {
    /// Zero: what is spent does not come back.
    let perSecond: Int
    let burst: Int
    private var tokens: Double
    private var updatedAt: Int64

    init(perSecond: Int, burst: Int, now: Int64) {
        self.perSecond = max(0, perSecond)
        self.burst = max(1, burst)
        tokens = Double(self.burst)
        updatedAt = now
    }

    /// Takes one token. The headers stand in good answers too.
    mutating func admit(now: Int64) -> (isAdmitted: Bool, headers: [(name: String, value: String)]) {
        tokens = min(Double(burst), tokens + Double(max(0, now - updatedAt)) / 1000 * Double(perSecond))
        updatedAt = now
        let isAdmitted = tokens >= 1
        if isAdmitted { tokens -= 1 }
        let rate = Double(max(1, perSecond))
        let reset = Int(((Double(burst) - tokens) / rate).rounded(.up))
        var headers: [(name: String, value: String)] = [
            ("X-Ratelimit-Limit", String(burst)), ("X-Ratelimit-Remaining", String(Int(tokens))),
            ("X-Ratelimit-Reset", String(max(1, reset))),
        ]
        if !isAdmitted {
            let wait = Int(((1 - tokens) / rate).rounded(.up))
            headers.insert(("Retry-After", String(max(1, wait))), at: 0)
        }
        return (isAdmitted, headers)
    }

    static func refusal(_ headers: [(name: String, value: String)]) -> APIResponse {
        .plain(429, "limit exceeded\n", headers: headers)
    }
}
