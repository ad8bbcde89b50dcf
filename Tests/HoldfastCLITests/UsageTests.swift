import Foundation
import StateChartKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct UsageTests {
    @Test func theHelpNamesEveryCommandAndEachCommandItsOptions() async throws {
        let main = try CommandProcess(["--help"])
        #expect(await main.status() == 0)
        for command in ["demo", "watch", "echo", "gateway", "ctl", "simulate", "chart"] {
            #expect(main.output.all.contains { $0.hasPrefix("  \(command) ") }, "\(command) is not in the help")
        }
        let options = [
            "demo": ["--cause", "--probe-interval", "--seed", "--json"],
            "watch": [
                "--server", "--token-file", "--probe-interval", "--on-revision-change", "--canary", "--auth",
                "--transitions-only", "--duration", "--ca-file", "--store", "--client-certificate", "--client-key",
                "--crl-file", "--proxy", "--proxy-credentials-file",
            ],
            "echo": [
                "--server", "--token-file", "--probe-interval", "--store", "--duration", "--ca-file", "--json",
                "--client-certificate", "--client-key", "--crl-file", "--proxy",
            ],
            "gateway": ["--config", "--check", "--sample", "--schema"],
            "ctl": ["--config", "--socket", "--state", "--json", "list", "restart ACCOUNT"],
            "simulate": ["--port", "--seed", "--duration"],
            "soak": [
                "--virtual", "--seeds", "--seed", "--hours", "--gateways", "--scenario", "--output", "--no-shrink",
                "--json",
            ],
            "chart": ["--format"],
        ]
        for (command, names) in options {
            let help = try CommandProcess([command, "--help"])
            #expect(await help.status() == 0)
            let text = help.output.all.joined(separator: "\n")
            for name in names { #expect(text.contains(name), "\(command) --help lacks \(name)") }
            #expect(help.errors.all == [])
            #expect(help.output.all.allSatisfy { $0.count <= 120 }, "\(command) --help is too wide")
        }
    }

    @Test func withoutACommandTheHelpIsShownAsAnError() async throws {
        let run = try CommandProcess([])
        #expect(await run.status() == 64)
        #expect(run.output.all == [])
        #expect(run.errors.all.first?.hasPrefix("usage: holdfast") == true)
    }

    @Test func aVirtualSoakTellsProgramsWhatItWas() async throws {
        let run = try CommandProcess(["soak", "--virtual", "--seeds", "2", "--hours", "0.05", "--json"])
        #expect(await run.status() == 0)
        let lines = run.output.all
        #expect(lines.count == 3)
        #expect(lines.prefix(2).allSatisfy { $0.contains(#""type":"scenario""#) && $0.contains(#""violations":[]"#) })
        #expect(lines.last?.contains(#""type":"total","scenarios":2,"failures":0"#) == true)
    }

    /// Arguments, environment, and words that the one line must have.
    static let wrong: [([String], [String: String], String)] = [
        (["dmeo"], [:], "demo, watch, echo, gateway, ctl, simulate, soak, chart"),
        (["demo", "--cause", "flood"], [:], "cycle, token, restart, freeze, drop"),
        (["demo", "--probe-interval", "soon"], [:], "such as 30s"),
        (["demo", "--probe-interval", "1h"], [:], "--probe-interval is from"),
        (["demo", "--json=yes"], [:], "takes no value"),
        (["demo", "--seed", "-1"], [:], "whole number"),
        (["demo", "now"], [:], "takes no arguments"),
        (["soak"], [:], "holdfast soak --virtual"),
        (["soak", "--virtual", "--hours", "0"], [:], "--hours is a number from"),
        (["soak", "--virtual", "--gateways", "many"], [:], "--gateways is a number from"),
        (["simulate", "--port", "65536"], [:], "port from 1 to 65535"),
        (["simulate", "--port"], [:], "--port needs a value"),
        (["chart", "--format", "gif"], [:], "mermaid, dot, svg, markdown"),
        (["chart", "--forma", "svg"], [:], "did you mean --format?"),
        (["watch"], ["HOLDFAST_TOKEN": "t"], "--server is missing"),
        (["watch", "--server", "chat.example.com"], ["HOLDFAST_TOKEN": "t"], "https://"),
        (["watch", "--server", "http://127.0.0.1:99999"], ["HOLDFAST_TOKEN": "t"], "1 to 65535"),
        (["watch", "--server", "http://127.0.0.1:1"], [:], "HOLDFAST_TOKEN"),
        (["watch", "--server", "http://127.0.0.1:1"], ["HOLDFAST_TOKEN": "a b"], "HOLDFAST_TOKEN: "),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--token-file", "/does/not/exist"], [:],
            "/does/not/exist: No such"
        ),
        (["watch", "--server", "http://127.0.0.1:1", "--token-file", "/"], [:], "is it a file?"),
        (["watch", "--server", "http://127.0.0.1:1", "--token-file", "/dev/null"], [:], "The token is empty"),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--ca-file", "/no.pem"], ["HOLDFAST_TOKEN": "t"],
            "/no.pem: No such"
        ),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--client-certificate", "/no.pem"], ["HOLDFAST_TOKEN": "t"],
            "client's certificate /no.pem: No such"
        ),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--client-key", "/no.key"], ["HOLDFAST_TOKEN": "t"],
            "client's key /no.key: No such"
        ),
        (
            ["echo", "--server", "http://127.0.0.1:1", "--client-key", "/dev/null"], ["HOLDFAST_TOKEN": "t"],
            "with --client-certificate"
        ),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--crl-file", "/no.crl"], ["HOLDFAST_TOKEN": "t"],
            "revocation lists /no.crl: No such"
        ),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--store", "a", "--transitions-only"], ["HOLDFAST_TOKEN": "t"],
            "exclude each other"
        ),
        (["echo", "--server", "http://127.0.0.1:1", "--store", ""], ["HOLDFAST_TOKEN": "t"], "--store is the path"),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--proxy", "http://u:p@h:1"], ["HOLDFAST_TOKEN": "t"],
            "--proxy-credentials-file PATH"
        ),
        (["watch", "--server", "http://127.0.0.1:1", "--proxy", "socks5://h"], ["HOLDFAST_TOKEN": "t"], "SOCKS"),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--proxy-credentials-file", "/f"], ["HOLDFAST_TOKEN": "t"],
            "belongs to --proxy"
        ),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--proxy", "none", "--proxy-credentials-file", "/f"],
            ["HOLDFAST_TOKEN": "t"], "takes no"
        ),
        (
            [
                "watch", "--server", "http://127.0.0.1:1", "--proxy", "h:1", "--proxy-credentials-file",
                "/does/not/exist",
            ],
            ["HOLDFAST_TOKEN": "t"], "/does/not/exist: No such"
        ),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--proxy", "h:1"],
            ["HOLDFAST_TOKEN": "t", "HOLDFAST_PROXY_CREDENTIALS": "no colon"], "user:password"
        ),
        (["watch", "--server", "http://[fe80::1%25eth0]"], ["HOLDFAST_TOKEN": "t"], "zone"),
        (["echo"], ["HOLDFAST_TOKEN": "t"], "--server is missing"),
        (["watch", "--server", "http://127.0.0.1:1", "--auth", "basic"], ["HOLDFAST_TOKEN": "t"], "header, challenge"),
        (
            ["watch", "--server", "http://127.0.0.1:1", "--canary", "x"], ["HOLDFAST_TOKEN": "t"],
            "suspicion, always, never"
        ),
    ]

    @Test(arguments: wrong)
    func whatIsWrongGetsOneLineThatSaysWhatToDo(
        arguments: [String], environment: [String: String], words: String
    ) async throws {
        let run = try CommandProcess(arguments, environment: environment)
        #expect(await run.status() == 64)
        #expect(run.output.all == [])
        #expect(run.errors.all.count == 1)
        #expect(run.errors.all.first?.hasPrefix("holdfast") == true)
        #expect(run.errors.all.first?.contains(words) == true, "\(run.errors.all)")
    }

    @Test(arguments: [
        ["--token", "verysecret"], ["--token=verysecret"], ["verysecret"], ["--server", "http://x", "--x=verysecret"],
    ])
    func aTokenIsRefusedAsAnArgumentAndNeverRepeated(arguments: [String]) async throws {
        let run = try CommandProcess(["watch"] + arguments)
        #expect(await run.status() == 64)
        #expect(run.errors.all.count == 1)
        #expect(!run.errors.all.joined().contains("verysecret"))
    }

    @Test(arguments: ChartFormat.allCases)
    func theChartIsThatOfTheTable(format: ChartFormat) async throws {
        let run = try CommandProcess(["chart", "--format", format.rawValue])
        #expect(await run.status() == 0)
        let text = StateChart.standard.text(format)
        #expect(
            run.output.all
                == text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
                .map(String.init))
    }
}
