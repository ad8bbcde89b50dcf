/// Takes out of a text what says where a connection goes.
enum CleanText {
    private static let hidden = "<hidden>"

    /// - Parameter limit: characters.
    static func of(_ text: String, hiding words: [String], limit: Int) -> String {
        var cut = text.prefix(limit)
        if cut.endIndex != text.endIndex {
            // Half an address at the cut would not be known as one.
            cut = cut.dropLast(while: { !isSeparator($0) })
        }
        var result = ""
        var word = ""
        for character in cut {
            if isSeparator(character) {
                result += isAddress(word) ? hidden : word
                word = ""
                result.append(character)
            } else {
                word.append(character)
            }
        }
        result += isAddress(word) ? hidden : word
        for word in words where !word.isEmpty { result = replace(word, in: result) }
        return cut.endIndex == text.endIndex ? result : result + "…"
    }

    private static func isSeparator(_ character: Character) -> Bool {
        character.isWhitespace || "()<>\"',;=|".contains(character)
    }

    /// A URL, or a numeric address with or without a port.
    private static func isAddress(_ word: String) -> Bool {
        if word.contains("://") { return true }
        var rest = word[...]
        while let last = rest.last, ".:!?".contains(last) { rest.removeLast() }
        if rest.hasPrefix("[") { return rest.contains(":") }
        let hexadecimal = rest.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        if hexadecimal, rest.count(where: { $0 == ":" }) >= 2 { return true }
        let host = rest.prefix { $0 != ":" && $0 != "/" }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether a word goes on across this place: a server called `chat` does not hide a part of `chatter`.
    private static func isInside(_ index: Int, of letters: [Character]) -> Bool {
        guard letters.indices.contains(index), index > 0 else { return false }
        func isLetter(_ character: Character) -> Bool { character.isLetter || character.isNumber }
        return isLetter(letters[index - 1]) && isLetter(letters[index])
    }

    /// In any case: host names have none.
    private static func replace(_ word: String, in text: String) -> String {
        let (sought, folded) = (Array(word.lowercased()), Array(text.lowercased()))
        let letters = Array(text)
        // Where lower case has another length the places do not agree; then the word is replaced as it stands.
        guard folded.count == letters.count, !sought.isEmpty else { return text.replacing(word, with: hidden) }
        var result = ""
        var index = 0
        while index < letters.count {
            let end = index + sought.count
            if end <= folded.count, folded[index..<end].elementsEqual(sought), !isInside(index, of: folded),
                !isInside(end, of: folded)
            {
                result += hidden
                index = end
            } else {
                result.append(letters[index])
                index += 1
            }
        }
        return result
    }
}

extension Substring {
    fileprivate func dropLast(while predicate: (Character) -> Bool) -> Substring {
        var rest = self
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return rest
    }
}
