import ConnectionLifecycle

extension StateChart {
    /// The generated files in the formats of others: every view for those that draw, the whole table for those that
    /// programs read. A name may have a folder before it.
    public var exports: [(name: String, contents: String)] {
        ChartView.allCases.flatMap { view in
            let path = view.path
            return [("\(path).mmd", mermaid(view)), ("\(path).dot", dot(view)), ("\(path).puml", plantUML(view))]
        } + [
            ("lifecycle.scxml", scxml), ("lifecycle.json", json), ("lifecycle.schema.json", jsonSchema),
            ("lifecycle.pml", promela),
        ]
    }
}
