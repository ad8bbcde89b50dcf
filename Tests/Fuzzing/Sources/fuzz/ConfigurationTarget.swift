import CommandLineSyntax
import Foundation
import HoldfastMattermost
import SoakKit
import VirtualSoak

extension FuzzTarget {
    /// The first byte chooses what is read.
    static let configuration = FuzzTarget(
        name: "configuration", summary: "server URL, token, HTTP date, times, arguments, fault plans, scenarios",
        maximumBytes: 1024,
        dictionary: [
            "https://", "http://", "[::1]", ":8065", "/api/v4", "xn--", "%2F", "..", "Sun, 06 Nov 1994 08:49:37 GMT",
            "ms",
            "--server", "--token-file", "--probe-interval=", "\"cause\":", "\"per_hour\":", "\"seconds\":[0,1]",
            "\"seed\":",
            "\"gateways\":", "\"faults\":[", "1e308", "-1", "36000", "9223372036854775807", "18446744073709551615",
        ],
        seeds: {
            let scenario = Scenario(seed: 1, hours: 0.02, gateways: 2)
            var odd = [scenario, scenario, scenario, scenario]
            odd[0].seconds = 1e300
            odd[1].gateways = 1_000_000
            for index in odd[2].faults.indices { odd[2].faults[index].gateways = [7] }
            for index in odd[3].faults.indices { odd[3].faults[index].at = -1 }
            let scenarios = (odd + [scenario]).compactMap { try? JSONEncoder().encode($0) }
            let texts: [[String]] = [
                ["https://chat.example.com", "http://[::1]:8065/base/", "http://a:1/b/c"], ["abc123", " abc \n"],
                ["Sun, 06 Nov 1994 08:49:37 GMT", "Thu, 29 Feb 2024 23:59:60 GMT"],
                ["30s", "1.5h", "500ms", "2m", "7"],
                ["--server\nhttps://a\n--token-file=x\n--switch", "--number=5\n--time\n3s"],
                [#"[{"cause":"server-restart","per_hour":3,"seconds":[0,1]}]"#, "[]"],
                scenarios.map { String(decoding: $0, as: UTF8.self) },
            ]
            return texts.enumerated().flatMap { index, texts in texts.map { [UInt8(index)] + Array($0.utf8) } }
        },
        run: { input in
            guard let choice = input.first else { return }
            let bytes = Array(input.dropFirst())
            let text = String(decoding: bytes, as: UTF8.self)
            switch choice % 7 {
            case 0: server(text)
            case 1: token(text)
            case 2: ConfigurationReading.date(text)
            case 3: ConfigurationReading.duration(text)
            case 4: ConfigurationReading.arguments(text)
            case 5: plan(bytes)
            default: scenario(bytes)
            }
        })

    private static func server(_ text: String) {
        do throws(InvalidServerURL) {
            let server = try ServerURL(text)
            Violation.check((try? ServerURL(server.description)) == server, "\(server) is not read as it is written")
            Violation.check(
                server.restPrefix.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a URL that cannot stand in a request")
            Violation.check(server.port > 0 && !server.host.isEmpty, "a server that cannot be reached")
        } catch {
            Violation.check(!error.description.isEmpty, "a refusal without a reason")
        }
    }

    private static func token(_ text: String) {
        do throws(InvalidToken) {
            let token = try Token(text)
            Violation.check(
                (1...4096).contains(token.secret.utf8.count)
                    && token.secret.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a token that cannot be sent")
            Violation.check("\(token)" == "<redacted>", "a token that prints")
        } catch {
            // Were it made of the text, it would be another one for another text of that form. That it holds the text means
            // nothing: the fuzzer finds the words of the refusal itself.
            let other = text.utf8.map { $0 > 0x20 && $0 < 0x7F ? UInt8(ascii: "x") : $0 }
            var refusal: InvalidToken?
            do throws(InvalidToken) { _ = try Token(String(decoding: other, as: UTF8.self)) } catch { refusal = error }
            Violation.check(refusal == error, "a refusal that shows what was given")
        }
    }

    private static func plan(_ bytes: [UInt8]) {
        do throws(Plan.Invalid) {
            let plan = try Plan(json: Data(bytes))
            Violation.check(!plan.entries.isEmpty && plan.perHour >= 0, "a plan of nothing")
            for entry in plan.entries {
                Violation.check(
                    (0...36_000).contains(entry.perHour) && entry.seconds.lowerBound >= 0
                        && entry.seconds.upperBound <= 60,
                    "a fault out of bounds")
            }
        } catch {
            Violation.check(!error.description.isEmpty, "a refusal without a reason")
        }
    }

    private static func scenario(_ bytes: [UInt8]) {
        guard let scenario = try? JSONDecoder().decode(Scenario.self, from: Data(bytes)) else { return }
        Violation.check(
            scenario.seconds.isFinite && scenario.seconds >= 0 && (1...60).contains(scenario.gateways),
            "a scenario out of bounds: \(scenario.seconds) s, \(scenario.gateways) gateways")
        for fault in scenario.faults {
            Violation.check(
                fault.at >= 0 && fault.seconds >= 0
                    && fault.gateways.allSatisfy { (0..<scenario.gateways).contains($0) },
                "a fault out of bounds")
        }
    }
}
