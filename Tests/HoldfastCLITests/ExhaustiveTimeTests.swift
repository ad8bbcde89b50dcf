import Testing

@testable import HoldfastCLI

@Suite("Every small input of the command line's times")
struct ExhaustiveTimeTests {
    /// Up to five characters over what a time is made of, and what is near: 177,155 strings; four where not optimised.
    @Test("a time is digits with at most one point, and a unit or none")
    func times() {
        var wrong: [String] = []
        var all = [""]
        for _ in 0..<(Exhaustive.isFull ? 5 : 4) {
            all = all.flatMap { head in ["0", "7", ".", "m", "s", "h", "-", "+", "e", "x", " "].map { head + $0 } }
            for text in all where Duration(spelled: text) != Self.oracle(text) { wrong.append(text) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(10))")
        #expect(Duration(spelled: "") == nil)
    }

    private static func oracle(_ text: String) -> Duration? {
        let number = text.prefix { $0.isNumber || $0 == "." }
        let digits = number.filter { $0 != "." }
        guard !digits.isEmpty, number.count - digits.count <= 1, let whole = Int64(digits) else { return nil }
        let nanoseconds: [Substring: Int64] = [
            "ms": 1_000_000, "s": 1_000_000_000, "": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
        ]
        guard let unit = nanoseconds[text.dropFirst(number.count)] else { return nil }
        // Five digits at most: all of it fits, and the point divides by a power of ten without a rest above a nanosecond.
        let places = number.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.count ?? 0
        return .nanoseconds(whole * unit / (0..<places).reduce(1) { power, _ in power * 10 })
    }
}
