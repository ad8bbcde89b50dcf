import Foundation
import HoldfastMattermost
import Testing

@Suite("Every small input of the configuration")
struct ExhaustiveConfigurationTests {
    @Test("tokens: white space is cut off at both ends; the rest is visible ASCII")
    func tokens() {
        let alphabet: [Character] = ["a", "~", "!", " ", "\t", "\n", "\u{7F}", "\0", "é"]
        Self.forEach(over: alphabet, upTo: 4) { text in
            let white: Set<Character> = [" ", "\t", "\n"]
            let inner = text.drop { white.contains($0) }.reversed().drop { white.contains($0) }.reversed()
            let isValid = !inner.isEmpty && inner.allSatisfy { ["a", "~", "!"].contains($0) }
            let secret = (try? Token(text))?.secret
            return secret == (isValid ? String(inner) : nil)
        }
    }

    /// Behind `http://`; written by hand from RFC 3986 §3.2 and what the errors ask for.
    @Test("server URLs: host, port and path, and nothing else")
    func serverURLs() {
        Self.forEach(over: Array("a1:/[]@?#. %\\"), upTo: 4) { rest in
            let text = "http://" + rest
            let server = try? ServerURL(text)
            guard let (host, port, path) = Self.parts(rest) else { return server == nil }
            guard let server else { return false }
            return server.host == host && server.port == port && server.basePath == path && !server.isSecure
                && (try? ServerURL(server.description)) == server
        }
    }

    private static func parts(_ text: String) -> (host: String, port: UInt16, path: String)? {
        var text = text
        while text.hasSuffix(" ") { text.removeLast() }
        guard !text.contains(where: { " ?#\\".contains($0) }) else { return nil }
        let authority = text.prefix { $0 != "/" }
        var path = String(text.dropFirst(authority.count))
        while path.hasSuffix("/") { path.removeLast() }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
        var host = authority
        var port: UInt16 = 80
        // The last colon outside brackets divides; digits must follow it.
        let bracket = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[bracket...].firstIndex(of: ":") {
            host = authority[..<colon]
            let digits = authority[authority.index(after: colon)...]
            guard !digits.isEmpty, digits.allSatisfy({ "0123456789".contains($0) }), let number = UInt16(digits),
                number > 0
            else { return nil }
            port = number
        }
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), host.count > 2 else { return nil }
            let address = host.dropFirst().dropLast()
            guard address.contains(":"), address.allSatisfy({ "0123456789abcdef:.".contains($0) }) else { return nil }
            return (String(address), port, path)
        }
        guard !host.isEmpty, host.allSatisfy({ "a1.".contains($0) }) else { return nil }
        return (String(host), port, path)
    }

    /// Calls `holds` with every string over the alphabet, also the empty one.
    private static func forEach(over alphabet: [Character], upTo length: Int, _ holds: (String) -> Bool) {
        var wrong: [String] = []
        var all = [""]
        if !holds("") { wrong.append("") }
        for _ in 0..<length {
            all = all.flatMap { head in alphabet.map { head + String($0) } }
            wrong += all.filter { !holds($0) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(10).map(\.debugDescription))")
    }
}
