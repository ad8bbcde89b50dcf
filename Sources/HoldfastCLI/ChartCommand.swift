import StateChartKit

/// `holdfast chart`
enum ChartCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = Syntax(
        name: "chart", summary: "Print the state chart, generated from the table that the machine executes.",
        options: [
            .init(
                "--format", "FORMAT",
                "\(ChartFormat.allCases.map(\.rawValue).joined(separator: ", ")) (default: mermaid)")
        ])

    private static func run(_ arguments: Arguments) throws(Complaint) -> ExitStatus {
        StandardOutput.write(StateChart.standard.text(try arguments.choice("--format", default: .mermaid)))
        return .success
    }
}
