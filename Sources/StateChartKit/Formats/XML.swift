extension String {
    /// Text, and attribute values in double quotes, of XML 1.0. What XML cannot hold at all, not even as a reference, becomes
    /// U+FFFD.
    var escapedForXML: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            // A parser would turn them into spaces.
            case "\t", "\n", "\r", "\u{85}", "\u{2028}": text += "&#\(scalar.value);"
            default: text.unicodeScalars.append(scalar.isXML ? scalar : "\u{FFFD}")
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// A character of XML 1.0 (section 2.2).
    var isXML: Bool {
        switch value {
        case 0x9, 0xA, 0xD: true
        case 0..<0x20, 0xFFFE, 0xFFFF: false
        // Surrogates are no scalars.
        default: true
        }
    }
}
