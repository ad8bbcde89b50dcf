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

    /// A path that ends in an arrow head.
    struct Line {
        var strokes: [Stroke]
        var dashes: String?
    }

    /// A straight piece of a path; a rounded corner counts as its two straight sides.
    struct Stroke {
        var x1, y1, x2, y2: Double
    }

    private(set) var size = (width: 0.0, height: 0.0)
    private(set) var texts: [Text] = []
    /// Boxes and circles.
    private(set) var shapes: [Area] = []
    private(set) var lines: [Line] = []
    private(set) var frames: [[Stroke]] = []
    private(set) var elements: [(name: String, attributes: [String: String])] = []
    private(set) var contents: [String: String] = [:]
    private var open: [String] = []

    init(_ svg: String) throws {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        if !parser.parse() { throw Malformed(reason: parser.parserError.map { "\($0)" } ?? "not well formed") }
        for (element, next) in zip(elements, elements.dropFirst()) where element.name == "path" {
            let strokes = Self.strokes(of: element.attributes["d"] ?? "")
            if element.attributes["class"] == "frame" {
                frames.append(strokes)
            } else if next.name == "polygon", let last = strokes.last, let tip = Self.tip(next.attributes["points"]) {
                let head = Stroke(x1: last.x2, y1: last.y2, x2: tip.x, y2: tip.y)
                lines.append(Line(strokes: strokes + [head], dashes: element.attributes["stroke-dasharray"]))
            }
        }
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
        func number(_ key: String) -> Double { Double(attributes[key] ?? "") ?? .nan }
        switch name {
        case "svg": size = (number("width"), number("height"))
        case "text":
            let size = attributes["font-size"] ?? elements[0].attributes["font-size"] ?? ""
            texts.append(
                Text(
                    x: number("x"), y: number("y"), size: Double(size) ?? .nan,
                    anchor: attributes["text-anchor"] ?? "start", weight: attributes["font-weight"],
                    fill: attributes["fill"] ?? "", words: ""))
        // The first one, without a place, is the background.
        case "rect" where attributes["x"] != nil:
            shapes.append(
                Area(
                    left: number("x"), top: number("y"), right: number("x") + number("width"),
                    bottom: number("y") + number("height"), name: "box"))
        case "circle":
            let (x, y, radius) = (number("cx"), number("cy"), number("r"))
            shapes.append(
                Area(left: x - radius, top: y - radius, right: x + radius, bottom: y + radius, name: "circle"))
        default: break
        }
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

    /// What `M`, `L`, `Q` and `Z` draw; the writer uses nothing else for lines and frames.
    private static func strokes(of path: String) -> [Stroke] {
        var strokes: [Stroke] = []
        var (x, y) = (0.0, 0.0)
        var numbers: [Double] = []
        var command: Character = "M"
        func finish() {
            let points = stride(from: 0, to: numbers.count - 1, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
            for point in points {
                if command != "M" { strokes.append(Stroke(x1: x, y1: y, x2: point.0, y2: point.1)) }
                (x, y) = point
            }
            numbers = []
        }
        for word in path.split(separator: " ") {
            if let first = word.first, first.isLetter {
                finish()
                command = first
                numbers = Double(word.dropFirst()).map { [$0] } ?? []
            } else if let number = Double(word) {
                numbers.append(number)
            }
        }
        finish()
        return strokes
    }

    /// The first corner of an arrow head.
    private static func tip(_ points: String?) -> (x: Double, y: Double)? {
        let numbers = points?.split { $0 == " " || $0 == "," }.compactMap { Double($0) } ?? []
        return numbers.count < 2 ? nil : (numbers[0], numbers[1])
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

    func holds(_ other: Area) -> Bool {
        left <= other.left && other.right <= right && top <= other.top && other.bottom <= bottom
    }

    /// Larger by so much on every side; smaller where that is negative.
    func grown(by margin: Double) -> Area {
        Area(left: left - margin, top: top - margin, right: right + margin, bottom: bottom + margin, name: name)
    }

    /// The gap between two areas; 0 where they touch or overlap.
    func distance(to other: Area) -> Double {
        let dx = max(0, max(left - other.right, other.left - right))
        let dy = max(0, max(top - other.bottom, other.top - bottom))
        return (dx * dx + dy * dy).squareRoot()
    }
}

extension DrawingReader.Text {
    /// Where the words stand.
    var area: Area {
        let width = Helvetica.width(of: words, size: size, isBold: weight != nil)
        let left =
            switch anchor {
            case "middle": x - width / 2
            case "end": x - width
            default: x
            }
        return Area(left: left, top: y - size * 0.75, right: left + width, bottom: y + size * 0.22, name: words)
    }

    var isLabel: Bool { words.hasPrefix("[") || (words.first == "T" && words.dropFirst().first?.isNumber == true) }

    /// The ids at its head.
    var ids: [String] {
        words.split(separator: " ").map(String.init).prefix { $0.first == "T" && $0.dropFirst().allSatisfy(\.isNumber) }
            .map { $0 }
    }
}

extension DrawingReader.Stroke {
    /// The stroke with its width.
    var area: Area {
        Area(left: min(x1, x2), top: min(y1, y2), right: max(x1, x2), bottom: max(y1, y2), name: "line").grown(by: 1)
    }

    var isVertical: Bool { x1 == x2 && y1 != y2 }
    var isHorizontal: Bool { y1 == y2 && x1 != x2 }
}
