import ConnectionLifecycle

/// A table of GitHub's Markdown.
func markdownTable(_ head: [String], _ rows: [[String]]) -> String {
    ([head, head.map { _ in "---" }] + rows)
        .map { "| " + $0.map(\.markdownCell).joined(separator: " | ") + " |" }
        .joined(separator: "\n")
}

extension String {
    /// A pipe would end the cell, a line feed the row.
    fileprivate var markdownCell: String {
        var text = ""
        for character in self {
            switch character {
            case "|": text += "\\|"
            case "\n": text += " "
            default: text.append(character)
            }
        }
        return text
    }
}

/// Where a page stands, for its links.
enum PagePlace {
    /// `StateCharts/README.md`
    case landing
    /// `StateCharts/states/open.md`
    case state

    /// From the page to the folder of charts.
    private var up: String {
        switch self {
        case .landing: ""
        case .state: "../"
        }
    }

    func page(of state: State) -> String {
        switch self {
        case .landing: "[\(state.name)](states/\(state.name).md)"
        case .state: "[\(state.name)](\(state.name).md)"
        }
    }

    /// A transition's id, with a link to the test of that transition.
    func test(of row: Row) -> String {
        let file = row.from.name.prefix(1).uppercased() + row.from.name.dropFirst() + "Transitions.swift"
        return "[\(row.id)](\(up)../Tests/HoldfastTests/Transitions/\(file))"
    }

    func picture(_ view: ChartView, alternative: String) -> String {
        """
        <picture>
          <source media="(prefers-color-scheme: dark)" srcset="\(address(view.picture(.dark)))">
          <img alt="\(alternative)" src="\(address(view.picture(.light)))">
        </picture>
        """
    }

    private func address(_ name: String) -> String {
        switch self {
        case .landing: name
        case .state: String(name.dropFirst("states/".count))
        }
    }
}

extension [String] {
    /// In order, without what came already.
    var unique: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
