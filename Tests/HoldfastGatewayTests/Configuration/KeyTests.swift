import Testing

@testable import HoldfastGateway

/// What each key takes, and that everything else is refused at the place where it stands.
@Suite("Keys of the configuration")
struct KeyTests {
    /// A key: how a document with it looks (`@` stands for the value), what it takes and what not.
    struct Row: CustomTestStringConvertible {
        var path: String
        var document: String
        var good: [String]
        var bad: [String]
        /// In the message of each bad value.
        var says: String

        var testDescription: String { path }
    }

    private static let name64 = #"""# + String(repeating: "n", count: 64) + #"""#
    private static let name65 = #"""# + String(repeating: "n", count: 65) + #"""#
    private static let types = ["null", "true", "[]", "{}"]

    private static func root(
        _ key: String, _ good: [String], _ bad: [String], _ says: String
    ) -> Row {
        Row(
            path: key, document: #"{"servers": {}, "sinks": {}, "accounts": [], "\#(key)": ‸@}"#, good: good, bad: bad,
            says: says)
    }

    private static func server(
        _ key: String, _ good: [String], _ bad: [String], _ says: String, with others: String = ""
    ) -> Row {
        let url = key == "url" ? "" : #""url": "https://a.example", "#
        return Row(
            path: "servers.*.\(key)",
            document: #"{"servers": {"s": {\#(url)\#(others)"\#(key)": ‸@}}, "sinks": {}, "accounts": []}"#, good: good,
            bad: bad, says: says)
    }

    private static func sink(
        _ type: String, _ key: String, _ good: [String], _ bad: [String], _ says: String
    ) -> Row {
        let needed = ["command": #""command": ["x"], "#, "webhook": #""url": "https://a", "#]
        let others = key == "command" || key == "url" ? "" : needed[type] ?? ""
        return Row(
            path: "sinks.\(type).\(key)",
            document:
                #"{"servers": {}, "sinks": {"k": {"type": "\#(type)", \#(others)"\#(key)": ‸@}}, "accounts": []}"#,
            good: good, bad: bad, says: says)
    }

    private static func account(
        _ key: String, _ good: [String], _ bad: [String], _ says: String
    ) -> Row {
        let others = [
            "name": #""name": "a", "#, "server": #""server": "s", "#, "token_file": #""token_file": "a.token", "#,
            "sink": #""sink": "k", "#,
        ]
        let own = key == "token_env" ? "token_file" : key
        let rest = others.filter { $0.key != own }.sorted { $0.key < $1.key }.map(\.value).joined()
        let sections = #""servers": {"s": {"url": "https://a"}}, "sinks": {"k": {"type": "stdout"}}"#
        return Row(
            path: "accounts.\(key)", document: #"{\#(sections), "accounts": [{\#(rest)"\#(key)": ‸@}]}"#, good: good,
            bad: bad,
            says: says)
    }

    private static let files = [#""x.pem""#, #""/y/x.pem""#]
    private static let noFiles = ["1", #""""#, #""missing""#, #""a\u0000b.pem""#, #""~/x.pem""#]
    private static let seconds = ["0.1", "1", "86400", "30.0", "1e1"]
    private static let noSeconds = ["0", "0.09", "-1", "86400.1", "1e400", #""5""#] + types

    static let rows: [Row] =
        [
            root(
                "$schema", [#""x""#, #""https://example.com/schema""#], ["1", #""""#] + types, "must be the address"),
            root("store", [#""x""#, #""/var/x""#, "null"], ["1", "true", #""""#, #""a\nb""#, #""~/x""#], ""),
            root("loops", ["1", "64", "2.0", "1e1"], ["0", "65", "-1", "1.5", "1e400", #""2""#] + types, "1 to 64"),
            root("log", ["{}"], ["null", "1", "[]"], "must be an object"),
            root("status", [#"{"listen": "127.0.0.1:1"}"#], ["null", "1", "[]"], "must be an object"),
            root(
                "control", [#""x.sock""#, "null"], ["1", "{}", #""""#, "\"\(String(repeating: "x", count: 100))\""], ""),
            root("shutdown_seconds", ["0", "10", "3600"], ["-0.1", "3600.1", #""1""#] + types, "0 to 3600"),
            Row(
                path: "servers", document: #"{"servers": ‸@, "sinks": {}, "accounts": []}"#, good: ["{}"],
                bad: ["null", "[]", "1"], says: "must be an object"),
            Row(
                path: "sinks", document: #"{"servers": {}, "sinks": ‸@, "accounts": []}"#, good: ["{}"],
                bad: ["null", "[]", "1"], says: "must be an object"),
            Row(
                path: "accounts", document: #"{"servers": {}, "sinks": {}, "accounts": ‸@}"#, good: ["[]"],
                bad: ["null", "{}", "1"], says: "must be a list"),
            Row(
                path: "log.format", document: #"{"servers": {}, "sinks": {}, "accounts": [], "log": {"format": ‸@}}"#,
                good: [#""json""#, #""text""#], bad: [#""xml""#, #""JSON""#, "1"] + types,
                says: #"must be "text" or "json""#),
            Row(
                path: "log.level", document: #"{"servers": {}, "sinks": {}, "accounts": [], "log": {"level": ‸@}}"#,
                good: [#""debug""#, #""info""#, #""warning""#, #""error""#], bad: [#""warn""#, "1"] + types,
                says: #""debug", "info", "warning" or "error""#),
            Row(
                path: "status.listen",
                document: #"{"servers": {}, "sinks": {}, "accounts": [], "status": {"listen": ‸@}}"#,
                good: [#""127.0.0.1:8090""#, #""127.9.9.9:0""#, #""[::1]:65535""#, #""localhost:1""#],
                bad: [
                    #""8090""#, #""host.example:1""#, #""127.0.0.1""#, #""127.0.0.1:65536""#, #""127.0.0.1:-1""#,
                    #""::1:80""#, #""[::1:80""#, #""[127.0.0.1]:80""#, #"":80""#, #""1.2.3:4""#, #""0.0.0.0:80""#,
                    #""[::]:80""#, #""10.0.0.1:80""#, "1",
                ] + types, says: ""),
            Row(
                path: "status.token_file",
                document:
                    #"{"servers": {}, "sinks": {}, "accounts": [], "status": {"listen": "0.0.0.0:1", "token_file": ‸@}}"#,
                good: [#""a.token""#], bad: [#""missing""#, #""empty""#, #""spaces""#, #""long""#, "1"], says: ""),
            Row(
                path: "status.token_env",
                document:
                    #"{"servers": {}, "sinks": {}, "accounts": [], "status": {"listen": "[::]:1", "token_env": ‸@}}"#,
                good: [#""TOKEN_E""#], bad: [#""MISSING""#, #""EMPTY""#, #""1A""#, #""A-B""#, "1"], says: ""),
            server(
                "url", [#""https://a""#, #""http://127.0.0.1:8065/x""#, #""https://bücher.example""#],
                [
                    #""ftp://a""#, #""a""#, #""https://""#, #""https://a/?q""#, #""https://me:pw@a""#,
                    #""https://a b""#, "1",
                ],
                ""),
            server(
                "attempts_per_second", ["0.01", "100", "100000"], ["0", "0.009", "100001", #""1""#] + types,
                "a number from 0.01 to 100000"),
            server("attempt_burst", ["1", "100000"], ["0", "1.5", "100001"] + types, "whole number from 1 to 100000"),
            server("probe_interval_seconds", seconds, noSeconds, "a number from 0.1 to 86400"),
            server("probe_timeout_seconds", ["0.1", "3600"], ["0", "3600.1"] + types, "a number from 0.1 to 3600"),
            server(
                "authentication", [#""header""#, #""challenge""#], [#""basic""#, "1"], #""header" or "challenge""#),
            server("canary", [#""suspicion""#, #""always""#, #""never""#], [#""often""#, "false"], "\"suspicion\""),
            server("on_revision_change", [#""verify""#, #""reconnect""#], [#""ignore""#, "1"], "\"verify\""),
            server("ca_file", files, noFiles, ""),
            server("client_certificate_file", files, noFiles, ""),
            server("client_key_file", files, noFiles, "", with: #""client_certificate_file": "x.pem", "#),
            server("crl_file", files, noFiles, ""),
            server(
                "proxy", [#""none""#, #""http://p:1""#, #""https://[::1]:3128""#],
                [#""socks5://p""#, #""http://me:pw@p:1""#, #""http://p:0""#, #""http://a b""#, "1", "null"], ""),
            server(
                "proxy_credentials_file", [#""proxy""#], [#""missing""#, #""empty""#, #""no-colon""#, "1"], "",
                with: #""proxy": "http://p:1", "#),
            server(
                "proxy_credentials_env", [#""PROXY""#], [#""MISSING""#, #""EMPTY""#, #""TOKEN_E""#, #""A B""#], "",
                with: #""proxy": "http://p:1", "#),
            Row(
                path: "sinks.*.type", document: #"{"servers": {}, "sinks": {"k": {"type": ‸@}}, "accounts": []}"#,
                good: [#""stdout""#], bad: [#""stdin""#, #""STDOUT""#, "1", "null"],
                says: #""stdout", "command" or "webhook""#),
            sink(
                "command", "command", [#"["x"]"#, #"["./handler", "a b", "\n"]"#], ["[]", "null", "1", #""x""#], "must"),
            sink("command", "environment", ["{}", #"{"A": ""}"#], ["[]", "1", "null"], "must be an object"),
            sink("command", "timeout_seconds", seconds, noSeconds, "a number from 0.1 to 86400"),
            sink(
                "webhook", "url", [#""https://a""#, #""http://[::1]:1/x?a=b""#, #""https://a?b""#],
                [
                    #""ftp://a""#, #""https://""#, #""https://a/#x""#, #""https://a/ü""#, #""https://me@a/""#,
                    #""https://a\\b""#,
                ],
                ""),
            sink(
                "webhook", "secret_file", [#""a.token""#, #""spaces""#], [#""missing""#, #""empty""#, #""long""#, "1"],
                ""),
            sink("webhook", "secret_env", [#""HOOK""#], [#""MISSING""#, #""EMPTY""#, "1"], ""),
            sink("webhook", "timeout_seconds", seconds, noSeconds, "a number from 0.1 to 86400"),
            sink(
                "webhook", "maximum_in_flight", ["1", "256"], ["0", "257", "2.5"] + types, "whole number from 1 to 256"),
            sink("webhook", "ca_file", files, noFiles, ""),
            account(
                "name", [#""a""#, #""A.b_c-9""#, name64],
                [#""""#, #""a b""#, #""ä""#, #""a\n""#, #""a/b""#, name65, "1", "null"], "a name of 1 to 64 letters"),
            account("server", [#""s""#], [#""t""#, #""""#, "1"], ""),
            account(
                "token_file", [#""a.token""#, #""/abs/a.token""#], [#""missing""#, #""empty""#, #""spaces""#, "1"], ""),
            account("token_env", [#""TOKEN_E""#], [#""MISSING""#, #""EMPTY""#, #""A=B""#, "1"], ""),
            account("sink", [#""k""#], [#""l""#, #""""#, "1"], ""),
        ]

    @Test("takes what is good", arguments: rows)
    func good(row: Row) {
        for value in row.good {
            let text = ConfigurationFixture.marked(row.document).text.replacing("@", with: value)
            #expect(ConfigurationFixture.problems(text) == [], "\(row.path): \(value)")
        }
    }

    @Test("refuses what is bad, where it stands", arguments: rows)
    func bad(row: Row) throws {
        let document = ConfigurationFixture.marked(row.document)
        let place = try #require(document.place)
        for value in row.bad {
            let problems = ConfigurationFixture.problems(document.text.replacing("@", with: value))
            #expect(problems.count == 1, "\(row.path): \(value): \(problems)")
            #expect(
                problems.first?.hasPrefix("\(place): ") == true, "\(row.path): \(value): \(problems), not at \(place)")
            #expect(
                row.says.isEmpty || problems.first?.contains(row.says) == true, "\(row.path): \(value): \(problems)")
        }
    }

    @Test("leave none out")
    func completeness() {
        var paths: Set<String> = []
        func visit(_ section: ConfigurationShape.Section, _ prefix: String) {
            for key in section.keys {
                if prefix.hasPrefix("sinks."), key.name == "type" { continue }
                paths.insert(prefix + key.name)
                switch key.shape {
                case .section(let inner): visit(inner, "\(prefix)\(key.name).")
                case .names(.section(let inner), _, _): visit(inner, "\(prefix)\(key.name).*.")
                case .list(.section(let inner), _): visit(inner, "\(prefix)\(key.name).")
                case .names(.variant(let type, let inner), _, _):
                    paths.insert("\(prefix)\(key.name).*.\(type)")
                    for each in inner { visit(each.section, "\(prefix)\(key.name).\(each.name).") }
                default: break
                }
            }
        }
        visit(ConfigurationKeys.root, "")
        #expect(paths == Set(Self.rows.map(\.path)))
    }

    @Test("are found in every good document")
    func full() throws {
        #expect(ConfigurationFixture.problems(ConfigurationFixture.full) == [])
        #expect(ConfigurationFixture.problems(ConfigurationFixture.minimal) == [])
    }
}
