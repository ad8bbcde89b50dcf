import Testing

@testable import HoldfastGateway

/// The tree has what the text says, each value where it stands; and what is no JSON makes none.
@Suite("Tree of a configuration")
struct TreeTests {
    private func tree(_ text: String) throws -> JSONNode {
        try JSONTree(SourceText(Array(text.utf8))).root
    }

    @Test("values have their contents and their places")
    func values() throws {
        let text = #"{ "a" : [ null , true,false, -1.5e2 ,"x\né\u00e9\ud83d\ude00" , {}, [ ] ] , "\u0062":{"c":""} }"#
        let bytes = Array(text.utf8)
        let root = try tree(text)
        #expect(root.offset == 0 && root.members.map(\.key) == ["a", "b"])
        #expect(root.members.map { bytes[$0.keyOffset] } == Array("\"\"".utf8))
        let list = root.members[0].value
        #expect(list.elements.map { bytes[$0.offset] } == Array("ntf-\"{[".utf8))
        guard list.elements.count == 7, case .null = list.elements[0].content,
            case .flag(true) = list.elements[1].content,
            case .flag(false) = list.elements[2].content, case .number(-150) = list.elements[3].content,
            case .object(let none) = list.elements[5].content, case .list(let nothing) = list.elements[6].content
        else {
            Issue.record("another content: \(list)")
            return
        }
        #expect(list.elements[4].text == "x\néé😀" && none.isEmpty && nothing.isEmpty)
        #expect(root.member("b")?.value.member("c")?.value.text == "")
    }

    @Test("any document has one, a scalar too", arguments: ["1", "null", " \"x\" ", "[]", "\n{}\n", "-0.0e-1", "true"])
    func scalars(text: String) throws {
        let root = try tree(text)
        #expect(Array(text.utf8)[root.offset] == JSONGrammar.kind(of: Array(text.utf8)))
    }

    #if DEBUG
        private static let depth = 3
    #else
        private static let depth = 5
    #endif

    /// The grammar beside it is written otherwise, character by character.
    @Test("every small text makes one when it is JSON, and else a fault inside the text")
    func exhaustive() {
        let pieces = ["{", "}", "[", "]", ":", ",", "\"a\"", "1", "0", "-", "true", "e", "\"", "\\n", " "].map {
            Array($0.utf8)
        }
        let frames = [("", ""), ("{\"k\":", "}"), ("[1,", "]"), ("{\"k\":[{", "}]}")].map {
            (Array($0.0.utf8), Array($0.1.utf8))
        }
        var valid = 0
        func visit(_ middle: [UInt8], _ depth: Int) {
            for (before, after) in frames {
                let bytes = before + middle + after
                let expected = JSONGrammar.kind(of: bytes)
                do throws(JSONTree.Unreadable) {
                    let root = try JSONTree(SourceText(bytes)).root
                    if expected == nil || bytes[root.offset] != expected {
                        Issue.record("taken for JSON: \(String(decoding: bytes, as: UTF8.self))")
                    }
                    valid += 1
                } catch {
                    if expected != nil || !(0...bytes.count).contains(error.finding.offset) {
                        Issue.record("\(error.finding): \(String(decoding: bytes, as: UTF8.self))")
                    }
                }
            }
            if depth == 0 { return }
            for piece in pieces { visit(middle + piece, depth - 1) }
        }
        visit([], Self.depth)
        // Else it would only be seen that nonsense is refused.
        #expect(valid > 200)
    }
}
