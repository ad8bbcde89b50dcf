/// Something that happened, for a person.
public struct TimelineEntry: Hashable, Codable, Sendable {
    /// Virtual seconds since the start.
    public var at: Double
    /// -1 for the world.
    public var gateway: Int
    public var text: String

    /// `1:02:03.456`
    static func clock(_ seconds: Double) -> String {
        let milliseconds = Int((seconds * 1000).rounded())
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(milliseconds / 3_600_000):\(padded(milliseconds / 60_000 % 60, 2))"
            + ":\(padded(milliseconds / 1000 % 60, 2)).\(padded(milliseconds % 1000, 3))"
    }

    public var line: String {
        let who = gateway < 0 ? "world    " : "gateway \(gateway)"
        return "\(TimelineEntry.clock(at))  \(who)  \(text)"
    }
}

extension InjectedFault {
    /// One line: what, whom, how long.
    public var sentence: String {
        let whom =
            gateways.isEmpty
            ? "" : " (gateway\(gateways.count == 1 ? "" : "s") \(gateways.map(String.init).joined(separator: ", ")))"
        let length = seconds > 0 ? ", for \(seconds) s" : ""
        return "FAULT \(id) \(kind.rawValue): \(kind.text)\(whom)\(length)"
    }
}
