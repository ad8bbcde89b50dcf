import ConnectionLifecycle

extension String {
    /// The text with every other character as a numeric reference, `&#34;` or in Mermaid's spelling `#34;`: no text can
    /// leave the place where it stands, and none is lost.
    ///
    /// - Parameter isPlain: must be false for what begins a reference.
    func referenced(_ start: String = "&#", _ isPlain: (Unicode.Scalar) -> Bool) -> String {
        var text = ""
        for scalar in unicodeScalars {
            if isPlain(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                text += "\(start)\(scalar.value);"
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Means nothing in any of the languages.
    var isLetterOrDigit: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }

    /// C0, DEL, C1 and the separators of lines and paragraphs.
    var breaksLines: Bool { value < 0x20 || (0x7f...0x9f).contains(value) || value == 0x2028 || value == 0x2029 }
}

extension Edge.Label {
    /// `T14 T23 stop [no stop]`, with brackets and references of the format's own.
    func text(reference: String, brackets: (open: String, close: String)) -> String {
        let names = ids.map { $0.referenced(reference, \.isLetterOrDigit) }.joined(separator: " ")
        let guarded = condition.words.map { " \(brackets.open)\($0)\(brackets.close)" } ?? ""
        return "\(names) \(event.name)\(guarded)"
    }
}
