import ConnectionLifecycle

/// A short fingerprint of a table. It tells versions apart; it is no protection against an adversary.
enum Digest {
    static func of(_ table: TransitionTable) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            // A separator that no text contains, so that two fields cannot be taken for one.
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        for state in table.states {
            add(state.state.name)
            add("\(state.owns.rawValue)")
            add(state.deadline.map { String(describing: $0) } ?? "-")
            add(state.meaning)
        }
        for row in table.rows {
            add(row.id)
            add(row.from.name)
            add(row.event.name)
            add(row.condition.words ?? "-")
            add(row.to?.name ?? "-")
            add("\(row.actions.rawValue)")
            add(row.because)
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
