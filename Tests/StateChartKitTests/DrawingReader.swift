import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Reads an SVG back with an XML parser, so that the tests look at what a browser would see.
final class DrawingReader: NSObject, XMLParserDelegate {
    struct Text {
        var x, y: Double
        var size: Double
        var anchor: String
        var weight: String?
        var fill: String
        var words: String
    }

    private(set) var texts: [Text] = []
    private(set) var elements: [(name: String, attributes: [String: String])] = []
    private(set) var contents: [String: String] = [:]
    private var open: [String] = []
    private var error: String?

    init(_ svg: String) throws {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        if !parser.parse() { throw Malformed(reason: parser.parserError.map { "\($0)" } ?? "not well formed") }
    }

    struct Malformed: Error {
        var reason: String
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        open.append(name)
        elements.append((name, attributes))
        guard name == "text" else { return }
        texts.append(
            Text(
                x: Double(attributes["x"] ?? "") ?? .nan, y: Double(attributes["y"] ?? "") ?? .nan,
                size: Double(attributes["font-size"] ?? "17") ?? .nan, anchor: attributes["text-anchor"] ?? "start",
                weight: attributes["font-weight"], fill: attributes["fill"] ?? "", words: ""))
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        guard let name = open.last else { return }
        contents[name, default: ""] += string
        if name == "text", !texts.isEmpty { texts[texts.count - 1].words += string }
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
        open.removeLast()
    }
}

/// A rectangle of the picture.
struct Area: CustomStringConvertible {
    var left, top, right, bottom: Double
    var name: String

    var description: String { "\(name) (\(left), \(top))–(\(right), \(bottom))" }

    func overlaps(_ other: Area) -> Bool {
        left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }
}

extension DrawingReader.Text {
    /// Where the words stand, by the average width of a letter in Helvetica and its metric twins.
    var area: Area {
        let width = Double(words.count) * size * (weight == nil ? 0.47 : 0.54)
        let left =
            switch anchor {
            case "middle": x - width / 2
            case "end": x - width
            default: x
            }
        return Area(left: left, top: y - size * 0.75, right: left + width, bottom: y + size * 0.22, name: words)
    }
}
