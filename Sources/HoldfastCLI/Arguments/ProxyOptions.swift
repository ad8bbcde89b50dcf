import Foundation
import WorldInterface

/// `--proxy`: the way to the server. The password of a proxy comes as the token does, by a file or the environment.
enum ProxyOptions {
    static let variable = "HOLDFAST_PROXY_CREDENTIALS"

    static let proxy = Syntax.Option(
        "--proxy", "URL",
        "HTTP proxy for WebSocket and REST, http://host:port or https://host:port; or none\n"
            + "(default: https_proxy, http_proxy, all_proxy and no_proxy of the environment)")
    static let credentialsFile = Syntax.Option(
        "--proxy-credentials-file", "PATH",
        "file with user:password for --proxy; without it, \(variable) is read")

    static func policy(_ arguments: Arguments) throws(Complaint) -> ProxyPolicy {
        let file = arguments.text("--proxy-credentials-file")
        guard let text = arguments.text("--proxy") else {
            guard file == nil else { throw Complaint("--proxy-credentials-file belongs to --proxy; give that as well") }
            return .environment
        }
        guard text != "none" else {
            guard file == nil else { throw Complaint("--proxy none takes no --proxy-credentials-file") }
            return .none
        }
        guard !text.contains("@") else {
            throw Complaint(
                "--proxy must not hold a user or a password, which every process of the machine could read; put "
                    + "user:password into a file (--proxy-credentials-file PATH) or into \(variable)")
        }
        var server: ProxyServer
        do throws(InvalidProxyURL) {
            server = try ProxyServer(text)
        } catch {
            throw Complaint("--proxy: \(error.description)")
        }
        server.credentials = try credentials(file)
        return .proxy(server)
    }

    private static func credentials(_ file: String?) throws(Complaint) -> ProxyCredentials? {
        let text: String
        let source: String
        if let file {
            text = try Credentials.read(file, as: "the proxy's credentials file")
            source = file
        } else {
            guard let value = ProcessInfo.processInfo.environment[variable], !value.isEmpty else { return nil }
            text = value
            source = variable
        }
        let line = text.trimmingCharacters(in: .newlines)
        guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
            throw Complaint("\(source): user and password of the proxy are written user:password, in one line")
        }
        do throws(InvalidProxyURL) {
            return try ProxyCredentials(
                user: String(line[..<colon]), password: String(line[line.index(after: colon)...]))
        } catch {
            throw Complaint("\(source): \(error.description)")
        }
    }
}
