extension TransitionTable {
    /// A short fingerprint: 16 hexadecimal digits (64-bit FNV-1a) that change whenever anything in the table does. It tells
    /// versions apart – every chart and every trace carries it – and is no protection against an adversary.
    public var digest: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            // A separator that no text contains, so that two fields cannot be taken for one.
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        for state in states {
            add("\(state.state)")
            add("\(state.owns.rawValue)")
            add(state.deadline.map { "\($0)" } ?? "-")
            add(state.meaning)
        }
        for row in rows {
            add(row.id)
            add("\(row.from)")
            add("\(row.event)")
            add(row.condition.words ?? "-")
            add(row.to.map { "\($0)" } ?? "-")
            add("\(row.actions.rawValue)")
            add(row.because)
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
