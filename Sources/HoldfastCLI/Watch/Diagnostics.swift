import ConnectionLifecycle
import Holdfast
import HoldfastMattermost

/// Tells on standard error, once for each reason, why there is no connection and what to do about it.
struct Diagnostics {
    private let server: ServerURL
    private var lastReason = ""
    private(set) var wasOpen = false

    init(server: ServerURL) { self.server = server }

    mutating func note(_ observation: Observation) {
        switch observation {
        case .transition(let record):
            if record.to == .open {
                wasOpen = true
                lastReason = ""
            } else if let line = line(record), record.reason != lastReason {
                lastReason = record.reason
                StandardError.complain("holdfast", line)
            }
        case .log(let entry) where entry.level == .warning || entry.level == .error:
            StandardError.complain("holdfast", "\(entry.level): \(entry.message)")
        case .log, .verdict, .catchUp: break
        }
    }

    private func line(_ record: TransitionRecord) -> String? {
        guard record.from == .connecting, record.event == .attemptFailed || record.event == .connectTimeout else {
            return nil
        }
        let next = record.to == .stopped ? "giving up" : "trying again"
        return (["not connected to \(server): \(record.reason)"] + advice(record.reason) + [next])
            .joined(separator: "; ")
    }

    private func advice(_ reason: String) -> [String] {
        // These say themselves what to do.
        for complete in ["redirects", "ulimit", "fs.file-max", "local ports", "firewall", "certificate", "TLS"]
        where reason.contains(complete) { return [] }
        if reason.contains("the proxy ") {
            return ["check --proxy, or https_proxy, http_proxy and no_proxy of the environment"]
        }
        if reason.contains("environment variable") { return ["correct it, or give --proxy"] }
        if reason.contains("token") { return ["check the token, and that the account is enabled"] }
        if reason.contains("rate limited") { return ["other clients of this account may ask too often"] }
        return ["check the URL, and that the server runs"]
    }
}
