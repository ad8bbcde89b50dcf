import ConnectionLifecycle

extension StateChart {
    /// The complete chart with the way that a trace went: what was taken is drawn strong, with its number; the rest is pale.
    public func svg(path trace: RecordedTrace, theme: ChartTheme) -> String {
        let summary = TraceSummary(trace, table: table)
        var overlay = heat(summary.transitions, heading: "The way that was recorded")
        let whole = summary.secondsInState.values.reduce(0, +)
        for state in State.allCases {
            guard let seconds = summary.secondsInState[state.name] else { continue }
            overlay.captions[state] = "\(TimeText.seconds(seconds)), \(share(seconds, whole))"
        }
        return svg(overlay: overlay, theme: theme)
    }

    /// The complete chart with what a soak ran through.
    public func svg(soak: SoakSummary, theme: ChartTheme) -> String {
        var overlay = heat(soak.edges, heading: "What a soak ran through")
        let whole = soak.secondsInState.values.reduce(0, +)
        for state in State.allCases {
            guard let seconds = soak.secondsInState[state.name] else { continue }
            overlay.captions[state] = share(seconds, whole)
        }
        return svg(overlay: overlay, theme: theme)
    }

    /// Line widths grow with the logarithm: a probe is taken a thousand times as often as a stop.
    private func heat(_ counts: [String: Int], heading: String) -> ChartOverlay {
        var marks: [ChartOverlay.Place: ChartOverlay.Mark] = [:]
        let most = transitions.compactMap { counts[$0.id] }.max() ?? 0
        for row in transitions {
            guard let to = row.to else { continue }
            let count = counts[row.id] ?? 0
            let weight = most > 1 ? logarithm(count) / logarithm(most) : 1
            marks[.init(id: row.id, from: row.from, to: to, event: row.event, condition: row.condition)] =
                count == 0 ? .init(emphasis: .pale) : .init(emphasis: .strong(weight), count: "×\(short(count))")
        }
        return ChartOverlay(
            heading: heading, remark: "×n: taken n times; the wider the line, the more often. Pale: never.",
            marks: marks)
    }

    /// To base 2, in sixteenths: the same everywhere, whatever the mathematics of the system yields in the last digit.
    private func logarithm(_ count: Int) -> Double {
        guard count > 1 else { return 0 }
        let whole = Int.bitWidth - 1 - count.leadingZeroBitCount
        let rest = Double(count) / Double(1 << whole) - 1
        return Double(whole) + (rest * 16).rounded(.down) / 16
    }

    /// `999`, `1.2k`, `12k`, `3.4M`: there is no room for more.
    private func short(_ count: Int) -> String {
        switch count {
        case ..<1000: "\(count)"
        case ..<9950: "\(TimeText.fixed(Double(count) / 1000, 1))k"
        case ..<999_500: "\(TimeText.fixed(Double(count) / 1000, 0))k"
        default: "\(TimeText.fixed(Double(count) / 1_000_000, 1))M"
        }
    }

    private func share(_ part: Double, _ whole: Double) -> String {
        guard whole > 0 else { return "0 %" }
        let percent = part / whole * 100
        return percent > 0 && percent < 0.1 ? "< 0.1 %" : "\(TimeText.fixed(percent, 1)) %"
    }
}
