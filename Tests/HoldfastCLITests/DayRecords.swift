import Foundation

/// What a gateway's log tells of its accounts; takes each line once.
final class AccountLog {
    private(set) var states: [String: String] = [:]
    private(set) var attempts: [String: Int] = [:]
    /// Times that an account which was open was so no more.
    private(set) var losses: [String: Int] = [:]
    private(set) var caughtUp: Set<String> = []
    /// Of the last configuration that came into force.
    private(set) var changes: [String: String] = [:]
    private var taken = 0

    var kept: Int? { changes["kept"].flatMap { Int($0) } }

    func take(_ lines: [String]) {
        for line in lines[taken...] {
            let entry = LineLog.object(line)
            let account = entry["account"] as? String ?? ""
            switch entry["message"] as? String {
            case "transition":
                guard let to = entry["to"] as? String else { continue }
                if states[account] == "open" || states[account] == "probing", to != "open", to != "probing" {
                    losses[account, default: 0] += 1
                }
                states[account] = to
                attempts[account] = (entry["attempt"] as? String).flatMap { Int($0) }
            case "caught up": caughtUp.insert(account)
            case "the configuration is in force":
                changes = entry.compactMapValues { $0 as? String }.filter {
                    ["added", "removed", "changed", "kept"].contains($0.key)
                }
            default: continue
            }
        }
        taken = lines.count
    }
}

/// What sinks were handed over by one gateway after another; takes each line of the one that runs once.
final class DeliveryLedger {
    private var inOrder: [String: [String]] = [:]
    private var known: [String: Set<String>] = [:]
    /// Handed over twice, and not marked as repeated.
    private(set) var doubled: [String] = []
    private(set) var count = 0
    private var taken = 0

    /// Another gateway begins to write.
    func beginRun() { taken = 0 }

    func has(_ message: String, _ account: String) -> Bool { known[account]?.contains(message) == true }

    /// By the order in which they came first.
    func messages(of account: String) -> [String] { inOrder[account] ?? [] }

    func take(_ lines: [String]) {
        for line in lines[taken...] {
            // The last line of a gateway that was killed may be half a line.
            let object = LineLog.object(line)
            guard object["event"] as? String == "posted", let account = object["account"] as? String,
                let data = object["data"] as? [String: Any], let post = data["post"] as? String,
                let message = LineLog.object(post)["message"] as? String, message.hasPrefix("post ")
            else { continue }
            count += 1
            if known[account, default: []].insert(message).inserted {
                inOrder[account, default: []].append(message)
            } else if object["repeated"] as? Bool != true {
                doubled.append("\(account): \(message)")
            }
        }
        taken = lines.count
    }
}
