import Testing
import WorldInterface

@testable import UVEventLoop

private func choice(
    _ variables: [String: String], _ host: String, port: UInt16 = 443, isSecure: Bool = true
) throws -> String {
    let server = try ProxyEnvironment { variables[$0] }
        .server(for: Endpoint(host: host, port: port), isSecure: isSecure)
    return server?.description ?? "direct"
}

@Suite struct ProxyEnvironmentTests {
    /// Variables; whether TLS; what is chosen for chat.example.com.
    static let choices: [([String: String], Bool, String)] = [
        ([:], true, "direct"),
        (["https_proxy": "http://p:1"], true, "http://p:1"),
        (["https_proxy": "http://p:1"], false, "direct"),
        (["HTTPS_PROXY": "http://p:1"], true, "http://p:1"),
        (["https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"], true, "http://p:1"),
        (["http_proxy": "http://p:1"], false, "http://p:1"),
        (["http_proxy": "http://p:1"], true, "direct"),
        // A header of a request sets it for a CGI program.
        (["HTTP_PROXY": "http://p:1"], false, "direct"),
        (["all_proxy": "http://p:1"], true, "http://p:1"), (["all_proxy": "http://p:1"], false, "http://p:1"),
        (["ALL_PROXY": "http://p:1"], true, "http://p:1"),
        (["all_proxy": "http://p:1", "https_proxy": "http://q:1"], true, "http://q:1"),
        // Set to nothing: no proxy, whatever is general.
        (["all_proxy": "http://p:1", "https_proxy": ""], true, "direct"),
        (["https_proxy": "p.example"], true, "http://p.example:1080"),
        (["https_proxy": "https://P.Example"], true, "https://p.example:443"),
        (["https_proxy": "http://p:1", "no_proxy": "example.com"], true, "direct"),
        (["https_proxy": "http://p:1", "NO_PROXY": "example.com"], true, "direct"),
        (["https_proxy": "http://p:1", "no_proxy": "", "NO_PROXY": "*"], true, "http://p:1"),
    ]

    @Test(arguments: choices.indices) func theVariableOfTheSchemeDecides(index: Int) throws {
        let (variables, isSecure, expected) = Self.choices[index]
        #expect(try choice(variables, "chat.example.com", isSecure: isSecure) == expected, "\(variables)")
    }

    /// `no_proxy`; host; port; whether it is exempt.
    static let exemptions: [(String, String, UInt16, Bool)] = [
        ("*", "chat.example.com", 443, true), ("* ", "192.0.2.1", 443, true),
        ("other.example, chat.example.com", "chat.example.com", 443, true),
        ("other.example chat.example.com", "chat.example.com", 443, true),
        (".example.com", "chat.example.com", 443, true), (".example.com", "example.com", 443, true),
        ("*.example.com", "chat.example.com", 443, true),
        ("example.com", "a.b.example.com", 443, true), ("Example.COM.", "chat.example.com.", 443, true),
        ("ample.com", "chat.example.com", 443, false), ("chat.example.com", "example.com", 443, false),
        ("example.com:443", "chat.example.com", 443, true), ("example.com:8443", "chat.example.com", 443, false),
        ("example.com:x", "chat.example.com", 443, false), (",,", "chat.example.com", 443, false),
        ("192.0.2.1", "192.0.2.1", 443, true), ("192.0.2.1", "192.0.2.10", 443, false),
        ("192.0.2.1:443", "192.0.2.1", 443, true), ("192.0.2.1:80", "192.0.2.1", 443, false),
        ("192.0.2.0/24", "192.0.2.200", 443, true), ("192.0.2.0/24", "192.0.3.1", 443, false),
        ("10.0.0.0/9", "10.127.0.1", 443, true), ("10.0.0.0/9", "10.128.0.1", 443, false),
        ("0.0.0.0/0", "192.0.2.1", 443, true), ("0.0.0.0/0", "chat.example.com", 443, false),
        ("192.0.2.0/33", "192.0.2.1", 443, false), ("192.0.2.0/x", "192.0.2.1", 443, false),
        ("2001:db8::/32", "2001:db8:1::5", 443, true), ("2001:db8::/32", "2001:db9::5", 443, false),
        ("[2001:db8::1]", "2001:db8:0::1", 443, true), ("2001:db8::1", "2001:db8:0::1", 443, true),
        ("[2001:db8::1]:443", "2001:db8::1", 443, true), ("[2001:db8::1]:80", "2001:db8::1", 443, false),
        // A suffix is of a name, not of an address.
        ("2.1", "192.0.2.1", 443, false),
    ]

    @Test(arguments: exemptions.indices) func noProxyExempts(index: Int) throws {
        let (exceptions, host, port, isExempt) = Self.exemptions[index]
        let chosen = try choice(["https_proxy": "http://p:1", "no_proxy": exceptions], host, port: port)
        #expect((chosen == "direct") == isExempt, "\(exceptions) for \(host):\(port): \(chosen)")
    }

    @Test(arguments: ["localhost", "localhost.", "a.localhost", "127.0.0.1", "127.8.8.8", "::1"])
    func whatIsOnThisMachineIsReachedDirectly(host: String) throws {
        #expect(try choice(["all_proxy": "http://p:1"], host) == "direct")
    }

    @Test func aVariableThatNamesNoProxyIsAnErrorWithoutItsValue() {
        for value in ["socks5://user:hunter2@p:1", "http://u:hunter2@p:x", "ftp://u:hunter2@p"] {
            #expect {
                try choice(["HTTPS_PROXY": value], "chat.example.com")
            } throws: {
                "\($0)".contains("HTTPS_PROXY") && !"\($0)".contains("hunter2") && !"\($0)".contains("user")
            }
        }
    }
}

@Suite struct ProxyServerTests {
    /// URL, description, user, password.
    static let good: [(String, String, String?, String?)] = [
        ("http://p:3128", "http://p:3128", nil, nil), (" p:3128\n", "http://p:3128", nil, nil),
        ("http://p:3128/", "http://p:3128", nil, nil), ("http://p", "http://p:1080", nil, nil),
        ("https://P", "https://p:443", nil, nil), ("http://[::1]:3128", "http://[::1]:3128", nil, nil),
        ("http://u:p@h:1", "http://h:1", "u", "p"), ("u:p@h:1", "http://h:1", "u", "p"),
        ("http://u@h:1", "http://h:1", "u", ""), ("http://u:@h:1", "http://h:1", "u", ""),
        ("http://a%40b:p%3A%2F%25%C3%A9:x@h:1", "http://h:1", "a@b", "p:/%é:x"),
        ("http://u:p@q@h:1", "http://h:1", "u", "p@q"),
    ]

    @Test(arguments: good.indices) func isUnderstood(index: Int) throws {
        let (url, description, user, password) = Self.good[index]
        let server = try ProxyServer(url)
        #expect(server.description == description)
        #expect(server.credentials?.user == user)
        #expect(server.credentials?.password == password)
    }

    /// URL, and a word that the advice must have.
    static let bad: [(String, String)] = [
        ("", "host"), ("http://", "host"), ("http://:80", "host"), ("http://h:0", "port"), ("http://h:65536", "port"),
        ("http://h:x", "port"), ("socks5://h", "SOCKS"), ("ftp://h", "http://"), ("http://::1:80", "brackets"),
        ("http://[::1", "bracket"), ("http://[::1]x", "port"), ("http://u:hunter2%zz@h", "%25"),
        ("http://u:hunter2#x@h:1", "%23"), ("http://u:hunter2/x@h:1", "%2F"), ("http://u%3Ax:hunter2@h:1", "colon"),
        ("http://u:hunter2%0d%0aX@h:1", "control"), ("http://h x:1", "host"), ("http://u:hunter2%ff@h:1", "%"),
    ]

    @Test(arguments: bad.indices) func isRefusedWithAdviceAndWithoutItsSecrets(index: Int) {
        let (url, advice) = Self.bad[index]
        do throws(InvalidProxyURL) {
            let server = try ProxyServer(url)
            Issue.record("accepted: \(url) as \(server)")
        } catch {
            #expect(error.description.contains(advice), "\(url): \(error)")
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test func neverPrintsItsCredentials() throws {
        let server = try ProxyServer("http://someone:hunter2@h:1")
        var dumped = ""
        dump(TransportOptions(proxy: .proxy(server)), to: &dumped)
        for text in [dumped, "\(server)", String(reflecting: server), "\([server.credentials])"] {
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("someone"))
        }
    }

    /// RFC 7617 §2 and §2.1 have the first and the last; RFC 4648 §10 the lengths.
    @Test(arguments: [
        ("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), ("f", "", "Zjo="), ("f", "o", "Zjpv"),
        ("", "", "Og=="), ("test", "123£", "dGVzdDoxMjPCow=="),
    ])
    func credentialsAreSentAsBasic(user: String, password: String, encoded: String) throws {
        let credentials = try ProxyCredentials(user: user, password: password)
        #expect(credentials.basicAuthorization == "Basic \(encoded)")
    }
}
