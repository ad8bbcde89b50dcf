import Testing

@testable import HoldfastGateway

/// Every kind of problem, word for word, at its exact place. `‸` stands where it is expected; the columns count Unicode
/// scalars.
@Suite("Problems of a configuration")
struct ProblemTests {
    struct Example: CustomTestStringConvertible {
        var text: String
        var says: String

        init(_ text: String, _ says: String) {
            self.text = text
            self.says = says
        }

        var testDescription: String { says }
    }

    /// Around it all is in order.
    private static func root(_ members: String) -> String {
        "{\n  \"servers\": {}, \"sinks\": {}, \"accounts\": [],\n  \(members)\n}"
    }

    private static func accounts(_ accounts: String) -> String {
        """
        { "servers": { "main": {"url": "https://a"}, "side": {"url": "https://b"}, "twin": {"url": "https://a/"} },
          "sinks": { "lines": {"type": "stdout"} },
          "accounts": [
        \(accounts)
        ] }
        """
    }

    static let syntaxExamples: [Example] = [
        Example("‸", "the file is empty"),
        Example("‸ \n\t\n", "the file is empty"),
        Example("‸nonsense", "this is no value: texts stand in double quotes"),
        Example("‸// a comment\n{}", "JSON has no comments"),
        Example("{\n  ‸# note\n}", "JSON has no comments"),
        Example("{\n  \"a\": 1, ‸// note\n \"b\": 2}", "JSON has no comments"),
        Example("{\n  \"a\": 1 ‸// note\n, \"b\": 2}", "JSON has no comments"),
        Example("‸\u{FEFF}{}", "byte order mark"),
        Example("{\"ä\": ‸'x'}", "texts stand in double quotes"),
        Example("{\"a\": ‸nul}", "this is no value"),
        Example("{\"a\": ‸01}", "this is no value"),
        Example("{\"a\": ‸+1}", "this is no value"),
        Example("{\"a\": ‸}", "a value is missing here"),
        Example("{\"a\": ‸, \"b\": 1}", "a value is missing here"),
        Example("{‸a: 1}", "a key in double quotes must stand here"),
        Example("{\"a\": 1, ‸b: 1}", "a key in double quotes must stand here"),
        Example("{\"a\" ‸1}", "a colon must stand here"),
        Example("{\"a\": 1, \"b\"‸}", "a colon must stand here"),
        Example("{\n\"a\": 1\n‸\"b\": 2}", "a comma or } must stand here"),
        Example("{\"a\": {\"b\": \"\"‸: 1}}", "a comma or } must stand here"),
        Example("{\"a\": [1 ‸2]}", "a comma or ] must stand here"),
        Example("{\"a\": [1‸}", "a comma or ] must stand here"),
        Example("{\"a\": [1, ‸, 2]}", "a value is missing here"),
        Example("{\"a\": [1‸,]}", "no comma may stand behind the last one"),
        Example("{\"a\": 1‸,\n}", "no comma may stand behind the last one"),
        Example("{\"a\": ‸\"x\\y\"}", "an escape that JSON does not know"),
        Example("{‸\"x\\y\": 1}", "an escape that JSON does not know"),
        Example("{\"a\": ‸\"\\ud800\"}", "an escape that JSON does not know"),
        Example("{\"a\": ‸\"x}", "a double quote is missing at its end"),
        Example("{\"a\": ‸\"x,\n \"b\": \"y\"}", "a double quote is missing at its end"),
        Example("{\"a\": \"x‸\u{1}\"}", "a control character stands in this text"),
        Example("{\"a\": \"x‸\ty\"}", "a control character stands in this text"),
        Example("{\"a\": 1} ‸x", "does not end with the bracket that closes its first one"),
        Example("{\"a\": {\"b\": 1‸]", "does not end with the bracket that closes its first one"),
        Example("{\"a\": {\"b\": ‸1", "does not end with the bracket that closes its first one"),
        Example("{\"a\": {\"b\": 1}‸", "the file ends before it is complete"),
        Example("{}\n‸}", "nothing may follow the bracket"),
    ]

    @Test("of its syntax", arguments: syntaxExamples)
    func syntax(_ example: Example) throws { try check(example) }

    private func check(_ example: Example) throws {
        let (text, place) = ConfigurationFixture.marked(example.text)
        let problems = ConfigurationFixture.problems(text)
        let problem = try #require(problems.first)
        #expect(problems.count == 1, "\(problems)")
        #expect(problem.hasPrefix("\(try #require(place)): "), "\(problem), not at \(place ?? "")")
        #expect(problem.contains(example.says), "\(problem)")
    }

    static let meaningExamples: [Example] = [
        Example("‸[]", "the configuration must be an object"),
        Example("‸12", "the configuration must be an object"),
        Example("‸\"x\"", "the configuration must be an object"),
        Example("‸null", "the configuration must be an object"),
        Example(#"‸{"servers": {}, "sinks": {}}"#, #"the configuration needs "accounts": the accounts, each with"#),
        Example(
            root(#"‸"loop": 1"#), #"has no key "loop"; did you mean "loops"?"#),
        Example(root(#"‸"Store": "x""#), #"has no key "Store"; did you mean "store"?"#),
        Example(root(#"‸"zzzzzz": 1"#), #"has no key "zzzzzz"; it has "$schema", "store""#),
        Example(root(#"‸"a\u202eb\u0007": 1"#), "has no key \"a\u{FFFD}b\u{FFFD}\""),
        Example(root(#""log": {‸"levle": "info"}"#), #"the log has no key "levle"; did you mean "level"?"#),
        Example(root(#""log": {"level": ‸"warnin"}"#), #"did you mean "warning"?"#),
        Example(root(#""loops": 1, ‸"loops": 2"#), #"the key "loops" comes twice, first at line 3, column 3"#),
        Example(root(#""loops": 1, ‸"l\u006fops": 2"#), #"the key "loops" comes twice, first at line 3, column 3"#),
        Example(root(#""log": {}, ‸"log": {"nonsense": []}"#), #"the key "log" comes twice"#),
        Example(root(#""status": ‸{}"#), #"the status page needs "listen""#),
        Example(root(#""status": {"listen": "[::1]:1", ‸"token": "abc"}"#), "a secret does not stand in this file"),
        Example(
            root(#""status": {"listen": "[::1]:1", "token_env": "TOKEN_E", ‸"token_file": "a.token"}"#),
            #""token_env" and "token_file" exclude each other"#),
        Example(
            root(#""control": ‸"x", "store": "x""#),
            "cannot be where the store is"),
        Example(root("\"store\": ‸\"\(String(repeating: "s", count: 94))\""), "the control socket has 105 bytes"),
        Example(
            accounts(#"‸{"name": "a", "server": "main", "sink": "lines"}"#),
            #"needs "token_file" or "token_env""#),
        Example(
            accounts(#"‸{"token_file": "a.token", "server": "main", "sink": "lines"}"#), #"an account needs "name""#),
        Example(
            accounts(#"{"name": "a", ‸"token": "abc", "token_env": "TOKEN_E", "server": "main", "sink": "lines"}"#),
            #"put it into a file ("token_file") or into an environment variable ("token_env")"#),
        Example(
            accounts(#"{"name": ‸"ä", "token_env": "TOKEN_E", "server": "main", "sink": "lines"}"#),
            #""name" must be a name of 1 to 64 letters"#),
        Example(
            accounts(#"{"name": "a", "token_env": "TOKEN_E", "server": ‸"mian", "sink": "lines"}"#),
            #"no server is called "mian"; there are "main", "side" and "twin"; did you mean "main"?"#),
        Example(
            accounts(#"{"name": "a", "token_env": "TOKEN_E", "server": "main", "sink": ‸"x"}"#),
            #"no sink is called "x"; there is "lines""#),
        Example(
            accounts(
                """
                {"name": "a", "token_env": "TOKEN_E", "server": "main", "sink": "lines"},
                {"name": ‸"a", "token_file": "a.token", "server": "main", "sink": "lines"}
                """), #"two accounts are called "a", the first at line 4, column 10"#),
        Example(
            accounts(
                """
                {"name": "a", "token_file": "a.token", "server": "main", "sink": "lines"},
                {"name": "b", "token_file": ‸"c.token", "server": "twin", "sink": "lines"}
                """), #"this is the token of the account "a" too, at line 4, column 29"#),
        Example(
            accounts(#"{"name": "a", "token_file": ‸"missing", "server": "main", "sink": "lines"}"#),
            "the file that is named here cannot be read: gone (relative paths begin at /conf)"),
        Example(
            accounts(#"{"name": "a", "token_file": ‸"/missing", "server": "main", "sink": "lines"}"#),
            "the file that is named here cannot be read: gone"),
        Example(
            accounts(#"{"name": "a", "token_file": ‸"empty", "server": "main", "sink": "lines"}"#),
            "the file that is named here is empty"),
        Example(
            accounts(#"{"name": "a", "token_env": ‸"MISSING", "server": "main", "sink": "lines"}"#),
            "the environment variable that is named here is not set"),
        Example(
            accounts(#"{"name": "a", "token_env": ‸"EMPTY", "server": "main", "sink": "lines"}"#),
            "the environment variable that is named here is empty"),
        Example(
            #"{"servers": {‸"a b": {"url": "https://a"}}, "sinks": {}, "accounts": []}"#,
            "this key of \"servers\" must be a name of 1 to 64 letters"),
        Example(
            #"{"servers": {"a": {"url": "https://a", ‸"client_key_file": "x.pem"}}, "sinks": {}, "accounts": []}"#,
            #""client_key_file" goes with "client_certificate_file""#),
        Example(
            #"{"servers": {"a": {"url": "https://a", ‸"proxy_credentials": "a:b"}}, "sinks": {}, "accounts": []}"#,
            #"("proxy_credentials_file")"#),
        Example(
            #"{"servers": {"a": {"url": "https://a", "proxy": "none", ‸"proxy_credentials_env": "PROXY"}}, "sinks": {}, "accounts": []}"#,
            "nobody to show credentials to"),
        Example(
            #"{"servers": {}, "sinks": {"a": ‸{}}, "accounts": []}"#,
            #""a" has no "type": "stdout", "command" or "webhook""#),
        Example(#"{"servers": {}, "sinks": {"a": ‸[]}, "accounts": []}"#, #""a" must be an object"#),
        Example(
            #"{"servers": {}, "sinks": {"a": {"type": "stdout", ‸"url": "https://a"}}, "accounts": []}"#,
            #"a sink of type stdout has no key "url"; it has "type""#),
        Example(
            #"{"servers": {}, "sinks": {"a": {"type": "webhook", "url": "https://a", ‸"secret": "x"}}, "accounts": []}"#,
            #"("secret_file") or into an environment variable ("secret_env")"#),
        Example(
            #"{"servers": {}, "sinks": {"a": {"type": "command", "command": [‸""]}}, "accounts": []}"#,
            "must not be empty"),
        Example(
            #"{"servers": {}, "sinks": {"a": {"type": "command", "command": ["x", ‸1]}}, "accounts": []}"#,
            #"each element of "command" must be a text"#),
        Example(
            #"{"servers": {}, "sinks": {"a": {"type": "command", "command": [‸"./nothing"]}}, "accounts": []}"#,
            "the program cannot be started: gone (relative paths begin at /conf)"),
        Example(
            #"{"servers": {}, "sinks": {"a": {"type": "command", "command": ["x"], "environment": {‸"A-B": "x"}}}, "accounts": []}"#,
            "this key of \"environment\" must be the name of an environment variable"),
        Example(
            #"{"servers": {}, "sinks": {"a": {"type": "command", "command": ["x"], "environment": {"A": ‸"\u0000"}}}, "accounts": []}"#,
            #""A" must be a text"#),
        Example(
            "{\"x\": \(String(repeating: "[", count: 31))‸[\(String(repeating: "]", count: 32))}",
            "deeper than 32 levels"),
    ]

    @Test("of its meaning", arguments: meaningExamples)
    func meaning(_ example: Example) throws { try check(example) }

    @Test("what is 32 levels deep is read")
    func depth() {
        let text = "{\"x\": \(String(repeating: "[", count: 31))\(String(repeating: "]", count: 31))}"
        #expect(ConfigurationFixture.problems(text).allSatisfy { !$0.contains("levels") })
    }

    @Test("columns count Unicode scalars, and lines end with a line feed")
    func columns() {
        // Two scalars make the flag, each of four bytes; "e\u{301}" is one character of two scalars.
        let text =
            "{\r\n\"\u{1F1E9}\u{1F1EA}e\u{301}\": 1, \"b\": 1,\r\n\"servers\": {}, \"sinks\": {}, \"accounts\": []}"
        let problems = ConfigurationFixture.problems(text)
        #expect(problems.count == 2)
        #expect(problems.first?.hasPrefix("2:1: ") == true)
        #expect(problems.last?.hasPrefix("2:12: ") == true)
    }

    @Test("bytes that are not UTF-8 are named by their place")
    func encoding() {
        let bytes = Array("{\"ä\":\n \"ab".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
        let error = #expect(throws: InvalidConfiguration.self) {
            try GatewayConfiguration.read(
                bytes, file: "x", folder: "/", surroundings: ConfigurationFixture.surroundings)
        }
        #expect(error?.description == "x:2:5: this is not UTF-8; save the file in that encoding")
    }

    @Test("all are told at once, in the order of the file, with its name")
    func order() {
        let text = """
            {
              "accounts": [{"name": "", "server": "x"}],
              "loops": 0,
              "sinks": {},
              "servers": {},
              "extra": 1
            }
            """
        let error = #expect(throws: InvalidConfiguration.self) { try ConfigurationFixture.read(text) }
        #expect(
            error?.description.split(separator: "\n").map { $0.prefix(14) } == [
                "gw.json:2:16: ", "gw.json:2:16: ", "gw.json:2:25: ", "gw.json:2:39: ", "gw.json:3:12: ",
                "gw.json:6:3: t",
            ])
    }

    @Test("at most fifty are told, and how many there are besides")
    func bound() {
        let members = (0..<120).map { "\"unknown\($0)\": 1" }.joined(separator: ",\n")
        let error = #expect(throws: InvalidConfiguration.self) {
            try ConfigurationFixture.read("{\"servers\": {}, \"sinks\": {}, \"accounts\": [],\n\(members)}")
        }
        #expect(error?.problems.count == 50 && error?.omitted == 70)
        #expect(error?.problems.first?.line == 2 && error?.problems.last?.line == 51)
        #expect(error?.description.hasSuffix("\ngw.json: and 70 more") == true)
    }

    @Test("too many values are refused before they fill the memory")
    func values() {
        let many = String(repeating: "0,", count: JSONTree.maximumValues) + "0"
        let problems = ConfigurationFixture.problems("{\"x\": [\(many)]}")
        #expect(problems.count == 1 && problems[0].contains("more than 2000000 keys and values"))
    }
}
