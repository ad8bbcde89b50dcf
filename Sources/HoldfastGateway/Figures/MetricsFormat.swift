/// In which format a scraper is answered.
enum MetricsFormat: CaseIterable {
    /// OpenMetrics 1.0.
    case openMetrics
    /// The text format 0.0.4 of Prometheus, which every scraper reads.
    case prometheus

    var contentType: String {
        switch self {
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        }
    }

    /// What a request asks for (RFC 9110 §12.5.1): OpenMetrics where it is named, and not less wanted than plain text. Who asks
    /// for nothing, or for what is not here, gets the older format.
    ///
    /// - Parameter accept: the field `Accept`; nil where there is none.
    init(accept: String?) {
        var quality: (openMetrics: Double, plain: Double) = (0, 0)
        for range in (accept ?? "").split(separator: ",") {
            let parts = range.split(separator: ";").map { Self.trimmed($0).lowercased() }
            guard let type = parts.first else { continue }
            let parameters = parts.dropFirst().map { $0.split(separator: "=", maxSplits: 1).map(Self.trimmed) }
            let value = { (name: String) in parameters.first { $0.count == 2 && $0[0] == name }?[1] }
            let weight = value("q").map { Double($0) ?? 0 } ?? 1
            switch type {
            case "application/openmetrics-text" where ["1.0.0", nil].contains(value("version")):
                quality.openMetrics = max(quality.openMetrics, weight)
            case "text/plain" where ["0.0.4", nil].contains(value("version")):
                quality.plain = max(quality.plain, weight)
            // Formats that are not written here, however much they are wanted.
            default: break
            }
        }
        self = quality.openMetrics > 0 && quality.openMetrics >= quality.plain ? .openMetrics : .prometheus
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
