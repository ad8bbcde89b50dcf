internal import StateChartKit

/// The page: its three files and the chart in one, with nothing to fetch. It holds no secret and is the same for all but for the
/// nonce.
struct StatusPage {
    /// The page, cut where the nonce stands.
    private let pieces: [Substring]

    init() {
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        var page = text(PackageResources.page_html)
        for (place, content) in [
            ("{{style}}", text(PackageResources.page_css)), ("{{script}}", text(PackageResources.page_js)),
            ("{{light}}", StateChart.liveStyle(.light)), ("{{dark}}", StateChart.liveStyle(.dark)),
            ("{{chart}}", StateChart.standard.livePicture),
        ] {
            let parts = page.split(separator: place, maxSplits: 1, omittingEmptySubsequences: false)
            precondition(parts.count == 2, "the page has a place for each part")
            page = parts.joined(separator: content)
        }
        pieces = page.split(separator: "{{nonce}}", omittingEmptySubsequences: false)
    }

    func text(nonce: String) -> [UInt8] { Array(pieces.joined(separator: nonce).utf8) }

    /// Only its own script and style, and requests to where it came from (CSP Level 3).
    static func policy(nonce: String) -> String {
        "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }
}
