import ConnectionLifecycle

extension String {
    /// Letters and digits of ASCII as they are, all else as `%2F`, byte by byte: means nothing in any of the languages
    /// that draw, and no program that reads them stumbles over it. Ids are made of letters and digits.
    var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            switch Unicode.Scalar(byte) {
            case "a"..."z", "A"..."Z", "0"..."9": text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return text
    }

    /// With `&#34;` for what could end a text in quotes, begin an escape or a reference, or break the line.
    var referenced: String {
        var text = ""
        for scalar in unicodeScalars {
            if scalar == "\"" || scalar == "\\" || scalar == "&" || scalar.breaksLines {
                text += "&#\(scalar.value);"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// C0, DEL, C1 and the separators of lines and paragraphs.
    var breaksLines: Bool { value < 0x20 || (0x7f...0x9f).contains(value) || value == 0x2028 || value == 0x2029 }
}

extension Edge.Label {
    /// `T14 T23 stop [no stop]`, with brackets of the format's own.
    func text(brackets: (open: String, close: String)) -> String {
        let names = ids.map(\.percentEncoded).joined(separator: " ")
        let guarded = condition.words.map { " \(brackets.open)\($0)\(brackets.close)" } ?? ""
        return "\(names) \(event.name)\(guarded)"
    }
}
