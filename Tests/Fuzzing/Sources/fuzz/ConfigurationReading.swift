@testable import CommandLineSyntax
@testable import HoldfastMattermost

/// What is internal of it.
enum ConfigurationReading {
    static func date(_ text: String) {
        guard let time = milliseconds(ofHTTPDate: text) else { return }
        Violation.check((0..<253_402_387_200_000).contains(time), "\(text) is \(time)")
    }

    static func duration(_ text: String) {
        guard let duration = Duration(spelled: text) else { return }
        Violation.check((.zero ... .seconds(1_000_000_000)).contains(duration), "\(text) is \(duration)")
    }

    /// The arguments are lines.
    static func arguments(_ text: String) {
        let syntax = Syntax(
            name: "fuzz", summary: "",
            options: [
                .init("--server", "URL", ""), .init("--token-file", "PATH", ""), .init("--number", "N", ""),
                .init("--time", "TIME", ""), .init("--switch", ""),
            ])
        let given = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        do throws(Complaint) {
            let arguments = try syntax.parse(given)
            _ = (arguments.texts("--server"), arguments.has("--switch"))
            _ = try arguments.port("--number")
            _ = try arguments.seed("--number")
            if let time = try arguments.duration("--time", in: .milliseconds(100) ... .seconds(86_400)) {
                Violation.check((.milliseconds(100) ... .seconds(86_400)).contains(time), "a time out of its range")
            }
        } catch {
            Violation.check(!error.message.isEmpty && error.status == .usage, "a complaint without a reason")
        }
    }
}
