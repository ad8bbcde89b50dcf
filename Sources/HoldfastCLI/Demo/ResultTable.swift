/// The table at the end of the demo.
struct ResultTable {
    let style: Style

    func text(_ results: [CauseResult]) -> String {
        let header = ["cause", "detected by", "detection", "back after", "sent", "while deaf", "missed", "duplicates"]
        let rows = results.map { (cells($0), ink: $0.isComplete ? nil : Style.Ink.red) }
        return TextTable(header: header, numbers: 2..<header.count).text(rows, style).joined(separator: "\n")
    }

    private func cells(_ result: CauseResult) -> [String] {
        [
            result.cause.rawValue, result.detectedBy ?? "not detected", time(result.detection),
            result.isDelivering ? time(result.recovery) : "never", "\(result.sent)",
            "\(result.deafPosts)", "\(result.missed)", "\(result.duplicates)",
        ]
    }

    private func time(_ duration: Duration?) -> String { duration.map { $0.secondsText + " s" } ?? "–" }
}
