/// What a value of the configuration must look like. The reader's checks (`ShapeCheck`) and the JSON Schema are both made
/// of it, so that they cannot drift apart.
indirect enum ConfigurationShape: Sendable {
    case text(TextRule)
    /// A whole number; `2.0` is one, as in JSON Schema.
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case choice([String])
    case list(of: ConfigurationShape, count: ClosedRange<Int>)
    /// An object whose keys are free names.
    case names(of: ConfigurationShape, key: TextRule, most: Int)
    case section(Section)
    /// An object whose key `key` says which section it is.
    case variant(key: String, [(name: String, section: Section)])

    /// An object with known keys.
    struct Section: Sendable {
        /// What it is, with an article, for errors: "a server".
        var title: String
        var keys: [Key]
        /// Keys that exclude each other.
        var choices: [Choice] = []
    }

    struct Key: Sendable {
        var name: String
        var shape: ConfigurationShape
        /// What it does, for the schema's descriptions and for the error where it is missing.
        var meaning: String
        var isRequired = false
        /// Whether `null` may stand for the value.
        var isNullable = false
        /// What holds where it is absent; nil where that is nothing, or not the same everywhere.
        var absent: Default?
        /// A key that must be there too.
        var needs: String?
    }

    enum Default: Sendable {
        case text(String)
        case number(Double)
    }

    /// At most one of the keys is there, or exactly one.
    struct Choice: Sendable {
        var keys: [String]
        var isRequired: Bool
    }
}

extension ConfigurationShape.Section {
    func key(_ name: String) -> ConfigurationShape.Key? { keys.first { $0.name == name } }
}

/// Which texts a key takes. Described by classes of characters, of which the pattern for the schema is made as well.
struct TextRule: Sendable {
    /// What it must be, for errors: "must be …".
    var words: String
    /// In Unicode scalars, as JSON Schema counts.
    var length: ClosedRange<Int>
    /// One of these begins it, where there are any.
    var prefixes: [String] = []
    /// The first character, where it is of another class than the others; then the text is not empty.
    var first: CharacterClass?
    var all: CharacterClass
    /// For the schema only: what an editor may know to help with.
    var format: String?

    func accepts(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        // Counting a long text to its end is no use.
        guard length.contains(scalars.prefix(length.upperBound + 1).count) else { return false }
        guard prefixes.isEmpty || prefixes.contains(where: { text.utf8.starts(with: $0.utf8) }) else { return false }
        if let first, let scalar = scalars.first, !first.contains(scalar) { return false }
        return scalars.allSatisfy(all.contains)
    }

    /// A regular expression that means the same in ECMA 262, Python and PCRE: only in the first of them `$` does not also
    /// match before a line break at the end.
    var pattern: String {
        let begin = prefixes.isEmpty ? "" : "(?:\(prefixes.joined(separator: "|")))"
        // Where there is a first character, `minLength` asks for one as well.
        let body = first.map { "\($0.pattern)\(all.pattern)*" } ?? "\(all.pattern)*"
        return "^\(begin)\(body)(?!\\n)$"
    }
}

/// Some characters, or all but some.
struct CharacterClass: Sendable {
    private var ranges: [ClosedRange<UInt32>]
    private var isNegated: Bool

    /// - Parameter characters: single ones, and ranges as in `a-z`; a hyphen itself stands last.
    static func of(_ characters: String) -> CharacterClass {
        var ranges: [ClosedRange<UInt32>] = []
        var rest = Array(characters.unicodeScalars.map(\.value))[...]
        while let first = rest.popFirst() {
            if rest.first == 0x2D, rest.count > 1 {
                rest.removeFirst()
                ranges.append(first...max(first, rest.removeFirst()))
            } else {
                ranges.append(first...first)
            }
        }
        return CharacterClass(ranges: ranges, isNegated: false)
    }

    static func allBut(_ ranges: [ClosedRange<UInt32>]) -> CharacterClass {
        CharacterClass(ranges: ranges, isNegated: true)
    }

    /// All but control characters, which no path, address or name of somebody has.
    static let printable = allBut([0...0x1F, 0x7F...0x9F])
    /// These without the space.
    static let visible = allBut([0...0x20, 0x7F...0xA0])
    /// What an argument of a program may hold.
    static let allButZero = allBut([0...0])

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } != isNegated
    }

    var pattern: String {
        // A hyphen at the end stands for itself.
        let isHyphenLast = ranges.last == 0x2D...0x2D
        let named = (isHyphenLast ? ranges.dropLast() : ranges[...]).map(Self.text).joined()
        return "[\(isNegated ? "^" : "")\(named)\(isHyphenLast ? "-" : "")]"
    }

    private static func text(_ range: ClosedRange<UInt32>) -> String {
        range.count == 1 ? text(range.lowerBound) : "\(text(range.lowerBound))-\(text(range.upperBound))"
    }

    private static func text(_ value: UInt32) -> String {
        let scalar = Unicode.Scalar(value) ?? "?"
        if (0x30...0x39).contains(value) || scalar.properties.isAlphabetic || value == 0x2E || value == 0x5F {
            return String(scalar)
        }
        let digits = String(value, radix: 16, uppercase: true)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
