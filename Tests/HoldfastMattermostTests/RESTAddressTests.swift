import HoldfastMattermost
import Testing

@Suite("Tokens")
struct TokenTests {
    static let secret = "s3cr3ttokens3cr3ttoken"

    @Test("never print")
    func redaction() throws {
        struct Holder { var token: Token }
        let token = try Token(Self.secret)
        var dumped = ""
        dump(Holder(token: token), to: &dumped)
        let client = try FakeServer(status: 200).client(token: Self.secret)
        var dumpedClient = ""
        dump(client, to: &dumpedClient)
        let printed = [
            "\(token)", String(describing: token), String(reflecting: token), "\(Holder(token: token))",
            String(reflecting: Holder(token: token)), "\(Optional(token) as Any)", "\([token])", dumped, dumpedClient,
            "\(client)", "\(Mirror(reflecting: token).children.map { "\($0)" })",
        ]
        for text in printed { #expect(!text.contains(Self.secret)) }
        #expect(token.authorization == "Bearer \(Self.secret)")
    }

    @Test("lose the white space of a file", arguments: ["abc\n", " abc ", "\r\nabc\r\n", "abc"])
    func trimming(text: String) throws {
        #expect(try Token(text).secret == "abc")
    }

    @Test(
        "that could not be sent are refused, without being shown",
        arguments: ["", " \n", "a b", "a\r\nX: y", "é", "a\0"])
    func refusal(text: String) {
        do throws(InvalidToken) {
            _ = try Token(text)
            Issue.record("accepted")
        } catch {
            #expect(error.description.hasPrefix("The token "))
            if text.utf8.contains(where: { $0 > 0x20 }) { #expect(!error.description.contains(text)) }
        }
        #expect(throws: InvalidToken.self) { _ = try Token(String(repeating: "a", count: 4097)) }
    }
}

@Suite("Server URLs")
struct ServerURLTests {
    static let good: [(text: String, description: String, host: String, port: UInt16, isSecure: Bool, path: String)] = [
        ("https://chat.example.com", "https://chat.example.com", "chat.example.com", 443, true, "/api/v4/websocket"),
        ("HTTPS://Chat.Example.COM/", "https://chat.example.com", "chat.example.com", 443, true, "/api/v4/websocket"),
        ("http://localhost:8065", "http://localhost:8065", "localhost", 8065, false, "/api/v4/websocket"),
        ("http://h:80/", "http://h", "h", 80, false, "/api/v4/websocket"),
        ("https://h:80", "https://h:80", "h", 80, true, "/api/v4/websocket"),
        (" https://h/a/b// \n", "https://h/a/b", "h", 443, true, "/a/b/api/v4/websocket"),
        ("http://127.0.0.1:65535", "http://127.0.0.1:65535", "127.0.0.1", 65535, false, "/api/v4/websocket"),
        ("http://[::1]:8065/x", "http://[::1]:8065/x", "::1", 8065, false, "/x/api/v4/websocket"),
        (
            "https://Bücher.example/a", "https://xn--bcher-kva.example/a", "xn--bcher-kva.example", 443, true,
            "/a/api/v4/websocket"
        ),
        // Precomposed or not, full-width or not: one name (UTS 46). A sharp s is a letter of its own (IDNA 2008).
        (
            "http://bu\u{308}cher。example", "http://xn--bcher-kva.example", "xn--bcher-kva.example", 80, false,
            "/api/v4/websocket"
        ),
        (
            "https://straße.example", "https://xn--strae-oqa.example", "xn--strae-oqa.example", 443, true,
            "/api/v4/websocket"
        ),
        (
            "https://почта.рф:8443", "https://xn--80a1acny.xn--p1ai:8443", "xn--80a1acny.xn--p1ai", 8443, true,
            "/api/v4/websocket"
        ),
        ("https://例え.jp", "https://xn--r8jz45g.jp", "xn--r8jz45g.jp", 443, true, "/api/v4/websocket"),
        ("https://[FE80::1]", "https://[fe80::1]", "fe80::1", 443, true, "/api/v4/websocket"),
    ]

    @Test("are understood", arguments: good.indices)
    func accepted(index: Int) throws {
        let row = Self.good[index]
        let url = try ServerURL(row.text)
        #expect(url.description == row.description)
        #expect(url.host == row.host)
        #expect(url.port == row.port)
        #expect(url.isSecure == row.isSecure)
        #expect(url.webSocketPath == row.path)
        #expect(url.restPrefix == row.description + "/api/v4")
        #expect(try ServerURL(url.description) == url)
    }

    static let bad: [(text: String, advice: String)] = [
        ("", "empty"), ("   ", "empty"), ("chat.example.com", "https://"), ("localhost:8065", "https://"),
        ("ftp://h", "http://"), ("ws://h", "web address"), ("wss://h", "web address"), ("https://", "no host"),
        ("https:///path", "no host"), ("https://:80", "no host"), ("https://h:", "number"), ("https://h:0", "number"),
        ("https://h:65536", "number"), ("https://h:-1", "number"), ("https://h:80a", "number"),
        ("https://u:p@h", "password"), ("https://h?x", "query"), ("https://h#x", "fragment"),
        ("http://::1", "brackets"),
        ("http://::1:80", "brackets"), ("http://[::1", "bracket"), ("http://[h]", "IPv6"), ("http://[::1]x", "port"),
        ("https://h/a b", "spaces"), ("https://h/\r\nX: y", "spaces"), ("https://h/bücher", "%XX"),
        // A Cyrillic а in apple, a Greek ο in google; characters that stand for others; what no name may have.
        ("https://\u{430}pple.example", "forged"), ("https://g\u{3BF}ogle.example", "forged"),
        ("https://a\u{2100}b.example", "host"), ("https://\u{1F600}\u{200D}.example", "international name"),
        ("https://a.\u{308}bucher.example", "international name"), ("https://-ü.example", "international name"),
        ("https://\(String(repeating: "ü", count: 80)).example", "international name"),
        ("http://[fe80::1%25eth0]:8065", "zone"), ("http://[fe80::1%eth0]", "zone"),
        ("https://a,b", "host"),
        ("https://h/api/v4", "/api/v4"), ("https://h/api/v4/websocket/", "/api/v4/websocket"), ("https://h/../x", ".."),
        ("https://h//x", "empty"), ("https://h\\x", "backslashes"),
    ]

    @Test("that are wrong are refused with advice", arguments: bad.indices)
    func refused(index: Int) {
        let (text, advice) = Self.bad[index]
        do throws(InvalidServerURL) {
            _ = try ServerURL(text)
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.description.contains(advice), "\(text): \(error)")
            #expect(!error.description.contains("u:p"))
        }
    }
}
