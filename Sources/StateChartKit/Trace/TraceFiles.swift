import ConnectionLifecycle

extension StateChart {
    /// Everything that is drawn of a trace, by file name: the way through the chart, a sequence chart for each of the first
    /// eight connections, the timeline, slices for Perfetto, and the figures.
    public func files(of trace: RecordedTrace) -> [(name: String, contents: String)] {
        var files: [(name: String, contents: String)] = []
        for theme in ChartTheme.allCases {
            let suffix = theme == .light ? "" : "-dark"
            files.append(("path\(suffix).svg", svg(path: trace, theme: theme)))
            files.append(("timeline\(suffix).svg", trace.timeline(table: table, theme: theme)))
            for index in trace.tracks.indices.prefix(8) {
                let number = index == 0 ? "" : "-\(index + 1)"
                files.append(
                    ("sequence\(number)\(suffix).svg", trace.sequenceChart(of: index, table: table, theme: theme)))
            }
        }
        let summary = TraceSummary(trace, table: table)
        files.append(("trace.perfetto.json", trace.perfetto(table: table)))
        files.append(("summary.json", summary.json))
        files.append(("summary.txt", summary.text))
        return files
    }
}
