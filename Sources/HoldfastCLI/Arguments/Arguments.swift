/// The options that were given, read as what they mean.
struct Arguments: Sendable {
    private let values: [String: [String]]
    /// What is no option, in order.
    let operands: [String]

    init(_ values: [String: [String]], operands: [String] = []) {
        self.values = values
        self.operands = operands
    }

    /// Whether a switch was given.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// The last value.
    func text(_ name: String) -> String? { values[name]?.last }

    /// All values, in order; commas separate as well.
    func texts(_ name: String) -> [String] {
        (values[name] ?? []).flatMap { $0.split(separator: ",").map(String.init) }
    }

    func required(_ name: String, _ example: String) throws(Complaint) -> String {
        guard let value = text(name), !value.isEmpty else { throw Complaint("\(name) is missing; give \(example)") }
        return value
    }

    /// One of the names of an enumeration.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Choice
    ) throws(Complaint) -> Choice where Choice.RawValue == String {
        guard let text = text(name) else { return fallback }
        return try Self.choice(name, text)
    }

    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ text: String
    ) throws(Complaint) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw Complaint("\(name) is one of: \(names)")
        }
        return choice
    }

    /// A time such as `30`, `30s`, `500ms`, `2m` or `1h`; without a unit, seconds.
    func duration(_ name: String, in range: ClosedRange<Duration>) throws(Complaint) -> Duration? {
        guard let text = text(name) else { return nil }
        guard let duration = Duration(spelled: text) else {
            throw Complaint("\(name) is a time such as 30s, 500ms or 2m")
        }
        guard range.contains(duration) else {
            throw Complaint("\(name) is from \(range.lowerBound) to \(range.upperBound)")
        }
        return duration
    }

    func port(_ name: String) throws(Complaint) -> UInt16? {
        guard let text = text(name) else { return nil }
        guard let port = UInt16(text) else { throw Complaint("\(name) is a port from 1 to 65535, or 0 for a free one") }
        return port
    }

    func seed(_ name: String) throws(Complaint) -> UInt64? {
        guard let text = text(name) else { return nil }
        guard let seed = UInt64(text) else { throw Complaint("\(name) is a whole number from 0 to \(UInt64.max)") }
        return seed
    }
}

extension Duration {
    /// Nil when it is none of the forms that people write.
    init?(spelled text: String) {
        let units: [(suffix: String, nanoseconds: Double)] = [
            ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("", 1e9),
        ]
        for unit in units where text.hasSuffix(unit.suffix) {
            let number = text.dropLast(unit.suffix.count)
            // Double also reads hexadecimal, infinities and nan, which nobody means.
            guard !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
                let value = Double(number), value * unit.nanoseconds < 1e18
            else { continue }
            self = .nanoseconds(Int64(value * unit.nanoseconds))
            return
        }
        return nil
    }
}
