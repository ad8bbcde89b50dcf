/// Charts of the machine, drawn from the very table that it executes: there is no second source that could drift.
///
/// Every output is a pure function of the table: no time, no path, no hash order. A value; use it from anywhere.
import ConnectionLifecycle

/// The chart of one table.
public struct StateChart: Sendable {
    /// What is drawn.
    public let table: TransitionTable

    public init(table: TransitionTable) { self.table = table }

    /// The chart of Holdfast.
    public static let standard = StateChart(table: .standard)

    /// Changes whenever anything in the table changes; 16 hexadecimal digits (64-bit FNV-1a), printed in every file.
    public var digest: String { table.digest }

    /// The chart in one format.
    public func text(_ format: ChartFormat) -> String {
        switch format {
        case .mermaid: mermaid
        case .dot: dot
        case .svg: svg(theme: .light)
        case .markdown: markdown
        case .plantuml: plantUML(.complete)
        case .scxml: scxml
        case .json: json
        case .jsonSchema: jsonSchema
        case .promela: promela
        }
    }

    /// The generated files, by name, in the order in which they are written. A name may have a folder before it.
    public var files: [(name: String, contents: String)] {
        [("README.md", markdown)] + exports + statePages + pictures + storyPictures
    }

    private var pictures: [(name: String, contents: String)] {
        ChartView.allCases.flatMap { view in
            ChartTheme.allCases.map { (view.picture($0), svg(view, theme: $0)) }
        }
    }

    private var statePages: [(name: String, contents: String)] {
        State.allCases.map { ("states/\($0.name).md", markdown(of: $0)) }
    }

    /// The rows that change the state or the memory, by table order.
    var transitions: [Row] { table.rows.filter { $0.to != nil } }

    /// The rows that say why an event changes nothing, by table order.
    var ignored: [Row] { table.rows.filter { $0.to == nil } }
}

/// The formats a chart can be printed in.
public enum ChartFormat: String, CaseIterable, Sendable {
    case mermaid, dot, svg, markdown, plantuml, scxml, json, promela
    case jsonSchema = "json-schema"
}

/// The two themes of the picture.
public enum ChartTheme: String, CaseIterable, Sendable {
    case light, dark
}
