import WorldInterface

extension HTTPResponse {
    /// The server's clock when it answered, in milliseconds since 1970, cut to whole seconds: the header `Date` in the one
    /// form that is still written (RFC 9110 §5.6.7). Nil when there is none.
    var serverTime: Int64? { header("Date").flatMap(milliseconds(ofHTTPDate:)) }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
func milliseconds(ofHTTPDate text: String) -> Int64? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let day = Int64(parts[1]), let year = Int64(parts[3]),
        let month = monthNames.firstIndex(of: String(parts[2])), (1...31).contains(day), (1970...9999).contains(year)
    else { return nil }
    let clock = parts[4].split(separator: ":").compactMap { Int64($0) }
    guard clock.count == 3, zip(clock, [24, 60, 61]).allSatisfy({ $0 >= 0 && $0 < $1 }) else { return nil }
    // Days since 1970 in the Gregorian calendar, with the year beginning in March so that the leap day is its last.
    let shifted = month < 2 ? year - 1 : year
    let monthFromMarch = Int64((month + 10) % 12)
    let leapDays = shifted / 4 - shifted / 100 + shifted / 400
    let days = shifted * 365 + leapDays + (monthFromMarch * 153 + 2) / 5 + day - 1 - 719_468
    return (((days * 24 + clock[0]) * 60 + clock[1]) * 60 + clock[2]) * 1000
}

private let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
