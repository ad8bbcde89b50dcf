import Foundation

extension Date {
    /// Since 1970 (UTC).
    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// `14:03:59.120`, local time.
    var clockText: String {
        let parts = Calendar.current.dateComponents([.hour, .minute, .second, .nanosecond], from: self)
        let numbers = [parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0].map { "\($0)".zeroPadded(to: 2) }
        return numbers.joined(separator: ":") + "." + "\((parts.nanosecond ?? 0) / 1_000_000)".zeroPadded(to: 3)
    }
}

extension String {
    fileprivate func zeroPadded(to width: Int) -> String { String(repeating: "0", count: max(0, width - count)) + self }
}
