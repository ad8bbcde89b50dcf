@testable import HoldfastGateway

extension FuzzTarget {
    /// A gateway's configuration file. No problem may show a secret that the file refers to, whatever it is called there.
    static let gatewayConfiguration = FuzzTarget(
        name: "gateway", summary: "a gateway's configuration file", maximumBytes: 4096,
        dictionary: [
            "\"store\":", "\"loops\":", "\"log\":", "\"status\":", "\"listen\":", "\"servers\":",
            "\"url\":",
            "\"sinks\":", "\"type\":", "\"stdout\"", "\"command\"", "\"webhook\"", "\"environment\":", "\"accounts\":",
            "\"name\":", "\"server\":", "\"token_file\":", "\"token_env\":", "\"sink\":", "\"secret_env\":",
            "\"proxy\":",
            "\"proxy_credentials_env\":", "\"client_key_file\":", "https://", "127.0.0.1:0", "null", "1e308", "\\ud800",
        ],
        seeds: {
            let minimal = #"{"servers": {}, "sinks": {}, "accounts": []}"#
            let server =
                #"{"servers":{"s":{"url":"https://a","proxy":"http://p:1","proxy_credentials_env":"A","ca_file":"x"}},"#
                + #""sinks":{"w":{"type":"webhook","url":"http://a/b?c","secret_env":"A"}},"store":null,"#
                + #""status":{"listen":"[::]:0","token_file":"t"},"accounts":[{"name":"a","server":"s","sink":"w","token_env":"A"}]}"#
            return [GatewayConfiguration.sample, minimal, server].map { Array($0.utf8) }
        },
        run: { input in
            let bytes = Array(input)
            if let text = String(validating: bytes, as: UTF8.self), !text.contains("\\u") {
                // Half of a surrogate pair is JSON by the grammar, and no text. Deeper than 32 levels nothing is read.
                let isTree = (try? JSONTree(SourceText(bytes))) != nil
                let isJSON = JSONGrammar.kind(of: bytes) != nil
                let isDeep = bytes.count { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") } > 32
                Violation.check(isTree == isJSON || isDeep, "the reader and the grammar differ on what is JSON")
            }
            let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            do throws(InvalidConfiguration) {
                let loaded = try GatewayConfiguration.read(bytes, file: "f", folder: "/c", surroundings: surroundings)
                let configuration = loaded.configuration
                for account in configuration.accounts {
                    Violation.check(
                        configuration.servers[account.server] != nil && configuration.sinks[account.sink] != nil,
                        "an account that leads nowhere")
                }
                Violation.check((1...64).contains(configuration.loops), "\(configuration.loops) loops")
                Violation.check(
                    Set(configuration.accounts.map(\.name)).count == configuration.accounts.count, "equal names")
                Violation.check(!"\(configuration)".contains(secret), "a configuration that prints its secrets")
            } catch {
                Violation.check((1...50).contains(error.problems.count), "\(error.problems.count) problems")
                // A file that spells the secret out itself is another matter.
                let isSpelled = String(decoding: bytes, as: UTF8.self).contains("s3cr3t")
                for problem in error.problems {
                    let isInside =
                        (1...lines.count).contains(problem.line)
                        && (1...lines[problem.line - 1].count + 1).contains(problem.column)
                    Violation.check(isInside, "a problem outside the file: \(problem)")
                    Violation.check(
                        problem.message.utf8.count < 2048, "a problem of \(problem.message.utf8.count) bytes")
                    Violation.check(isSpelled || !problem.message.contains("s3cr3t"), "a problem that shows a secret")
                }
            }
        })

    private static let secret = "me:s3cr3t"

    /// Every file holds the secret; of variables and programs, the one called A.
    private static let surroundings = GatewayConfiguration.Surroundings(
        secretFile: { _ throws(GatewayConfiguration.UnusableFile) in Array(secret.utf8) },
        variable: { $0 == "A" ? secret : nil },
        checkReadable: { _ throws(GatewayConfiguration.UnusableFile) in },
        checkExecutable: { path throws(GatewayConfiguration.UnusableFile) in
            if path != "/c/A" { throw GatewayConfiguration.UnusableFile("cannot be started: gone") }
        }, processors: 2)
}
