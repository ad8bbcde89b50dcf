import ConnectionLifecycle
import Foundation
import HoldfastGateway

/// `holdfast ctl`
enum ControlCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = Syntax(
        name: "ctl", summary: "See what a running gateway does, and tell it what to do.",
        operands: "COMMAND [ACCOUNT...]",
        options: [
            .init(
                "--config", "FILE",
                "the gateway's configuration, which says where its socket is\n(default: gateway.json)"),
            .init("--socket", "PATH", "the socket itself, instead"),
            .init("--state", "STATE", "of list: only accounts in that state"),
            .init("--json", "the gateway's answers as they are, one a line"),
        ],
        notes: """
              list                  how all accounts are
              show ACCOUNT          how one is, its counters, and its last 64 transitions
              trace ACCOUNT         these transitions as a trace, which `charts trace FILE` draws
              probe ACCOUNT...      prove now that events still arrive, and wait for the verdict
              reconnect ACCOUNT...  replace the connection by a new one
              stop ACCOUNT...       end an account; it stays so until it is started or changed in the
                                    configuration, or the gateway begins anew
              start ACCOUNT...      begin an account again that was stopped
              restart ACCOUNT...    end an account and begin it again

            The status is 0, or 1 where an account could not do what it was told, or is not proven alive. Only the user who
            runs the gateway can reach it. To end the gateway itself, send it SIGTERM.
            """)

    private static func run(_ arguments: Arguments) async throws(Complaint) -> ExitStatus {
        guard let name = arguments.operands.first else {
            throw Complaint("tell what to do, such as holdfast ctl list; see holdfast ctl --help")
        }
        guard let action = Action(rawValue: name) else {
            let names = Action.allCases.map(\.rawValue).joined(separator: ", ")
            throw Complaint("there is no such command; use one of: \(names)")
        }
        let accounts = Array(arguments.operands.dropFirst())
        try action.check(accounts)
        let query = try state(arguments).map { "?state=\($0)" } ?? ""
        let client = try ControlClient(atPath: try socketPath(arguments))
        let view = ControlView(style: .standardOutput, isJSON: arguments.has("--json"))
        // What fails for one account is done for the others all the same.
        var status = ExitStatus.success
        for target in action == .list ? ["/accounts\(query)"] : accounts.map(action.target) {
            switch try await client.ask(action.method, target) {
            case .answer(let bytes): if try !view.show(bytes, of: action) { status = .failure }
            case .refusal(let reason):
                StandardError.complain("holdfast ctl", reason)
                status = .failure
            }
        }
        await client.close()
        return status
    }

    private static func state(_ arguments: Arguments) throws(Complaint) -> State? {
        guard let text = arguments.text("--state") else { return nil }
        guard let state = State(named: text) else {
            throw Complaint("--state is one of: \(State.allCases.map { "\($0)" }.joined(separator: ", "))")
        }
        return state
    }

    private static func socketPath(_ arguments: Arguments) throws(Complaint) -> String {
        if let path = arguments.text("--socket") { return path }
        let file = arguments.text("--config") ?? "gateway.json"
        do throws(InvalidConfiguration) {
            if let path = try GatewayConfiguration.controlSocket(ofFile: file) { return path }
        } catch {
            throw Complaint(
                "\(error.description.split(separator: "\n").first ?? ""); give --config FILE or --socket PATH")
        }
        throw Complaint(
            "\(file) wants no control socket; give it \"control\": \"gateway.sock\" and start the gateway again")
    }
}

extension ControlCommand {
    enum Action: String, CaseIterable {
        case list, show, trace, probe, reconnect, stop, start, restart

        var method: String {
            switch self {
            case .list, .show, .trace: "GET"
            case .probe, .reconnect, .stop, .start, .restart: "POST"
            }
        }

        func target(_ account: String) -> String {
            // What a name of an account is made of needs no encoding; whatever else is typed does.
            let name = account.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            return "/accounts/\(name)" + (self == .show ? "" : "/\(rawValue)")
        }

        func check(_ accounts: [String]) throws(Complaint) {
            switch self {
            case .list:
                if !accounts.isEmpty { throw Complaint("list shows all accounts; show ACCOUNT tells more of one") }
            case .show, .trace:
                if accounts.count != 1 { throw Complaint("\(rawValue) needs the name of one account") }
            case .probe, .reconnect, .stop, .start, .restart:
                if accounts.isEmpty { throw Complaint("\(rawValue) needs the name of an account, or several") }
            }
        }
    }
}
