import ConnectionLifecycle

/// What a chart shows beyond the table: how often each line was taken, or what a change did to it.
struct ChartOverlay {
    enum Emphasis: Equatable {
        /// Drawn the stronger the nearer to 1.
        case strong(Double)
        case pale
        case added, removed, changed
        case plain
    }

    struct Mark: Equatable {
        var emphasis: Emphasis
        /// Before the label, such as `+ `.
        var prefix = ""
        /// After it, such as `×12`.
        var count: String?

        static let plain = Mark(emphasis: .plain)

        var isBold: Bool {
            switch emphasis {
            case .strong, .added, .changed: true
            case .pale, .plain, .removed: false
            }
        }
    }

    /// Which label is meant: ids alone do not tell where two versions of a table stand in one picture.
    struct Place: Hashable {
        var id: String
        var from, to: State
        var event: Event
        var condition: Guard
    }

    var heading: String
    /// In place of the legend's remark.
    var remark: String
    var marks: [Place: Mark]
    /// In place of what a state owns.
    var captions: [State: String] = [:]
    /// In place of the digest of what is drawn, where that is no table of its own.
    var digest: String?

    func mark(_ row: Row) -> Mark {
        guard let to = row.to else { return .plain }
        let place = Place(id: row.id, from: row.from, to: to, event: row.event, condition: row.condition)
        return marks[place] ?? .plain
    }

    /// Of a line: the strongest of its rows.
    func emphasis(_ rows: [Row]) -> Emphasis {
        let all = rows.map { mark($0).emphasis }
        let strongest = all.compactMap { if case .strong(let weight) = $0 { weight } else { nil } }.max()
        if let strongest { return .strong(strongest) }
        return all.dropFirst().allSatisfy { $0 == all[0] } ? all[0] : .plain
    }

    /// SVG attributes of a line: width and dashes.
    func style(_ rows: [Row], kind: EventKind) -> String {
        switch emphasis(rows) {
        case .strong(let weight):
            // Dashes and gaps grow with the width, or they would run together.
            let width = 2.4 + 5.6 * weight
            let dashes = kind.dashes.map { _ in
                kind == .deadline ? "\(Int(width * 3)) \(Int(width * 1.6))" : "0.5 \(Int(width * 1.9) + 1)"
            }
            return Self.attributes(width, dashes, kind)
        case .pale: return Self.attributes(1.4, kind.dashes, kind)
        case .added: return Self.attributes(4.5, kind.dashes.map { _ in kind == .deadline ? "14 8" : "0.5 9" }, kind)
        case .changed: return Self.attributes(3, kind.dashes, kind)
        case .removed: return Self.attributes(1.8, "2 3 10 3", kind)
        case .plain: return Self.attributes(kind == .failure ? 2.6 : 1.8, kind.dashes, kind)
        }
    }

    /// An SVG attribute of a line and its head.
    func opacity(_ rows: [Row]) -> String { emphasis(rows) == .pale ? #" opacity="0.35""# : "" }

    private static func attributes(_ width: Double, _ dashes: String?, _ kind: EventKind) -> String {
        let dash = dashes.map { #" stroke-dasharray="\#($0)""# + (kind == .failure ? #" stroke-linecap="round""# : "") }
        return #"stroke-width="\#(TimeText.fixed(width, 1))"\#(dash ?? "")"#
    }
}
