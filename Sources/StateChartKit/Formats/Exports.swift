import ConnectionLifecycle

extension StateChart {
    /// The generated files in the formats of others, by name: every view for those that draw, the whole table for
    /// those that are read by programs.
    public var exports: [(name: String, contents: String)] {
        ChartView.allCases.flatMap { view in
            [
                ("\(view.name).mmd", mermaid(view)), ("\(view.name).dot", dot(view)),
                ("\(view.name).puml", plantUML(view)),
            ]
        } + [("lifecycle.scxml", scxml), ("lifecycle.json", json), ("lifecycle.schema.json", jsonSchema)]
    }
}
