import Foundation
import MattermostSimulator
import SoakKit

/// What the simulator's process prints, one to a line.
enum ServerLine: Sendable {
    /// The accounts and channels, as JSON.
    case ready(Data)
    case change(SimulatorChange.Kind, channel: Int, postID: String, emoji: String)
    /// A fault has taken effect, or is over; nanoseconds of the machine's monotonic clock.
    case began(fault: Int, at: UInt64)
    case ended(fault: Int, at: UInt64)
    case complaint(String)

    /// Written at once: the order of the lines is that of the events.
    func print() {
        let line = "\(text)\n"
        _ = line.withCString { write(1, $0, strlen($0)) }
    }

    private var text: String {
        switch self {
        case .ready(let data): "ready\t\(String(decoding: data, as: UTF8.self))"
        case .change(let kind, let channel, let postID, let emoji):
            "change\t\(kind.rawValue)\t\(channel)\t\(postID)\t\(emoji)"
        case .began(let fault, let time): "began\t\(fault)\t\(time)"
        case .ended(let fault, let time): "ended\t\(fault)\t\(time)"
        case .complaint(let words): "complaint\t\(words)"
        }
    }

    init?(_ line: String) {
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count) {
        case ("ready", 2): self = .ready(Data(parts[1].utf8))
        case ("change", 5):
            guard let kind = SimulatorChange.Kind(rawValue: parts[1]), let channel = Int(parts[2]) else { return nil }
            self = .change(kind, channel: channel, postID: parts[3], emoji: parts[4])
        case ("began", 3), ("ended", 3):
            guard let fault = Int(parts[1]), let time = UInt64(parts[2]) else { return nil }
            self = parts[0] == "began" ? .began(fault: fault, at: time) : .ended(fault: fault, at: time)
        case ("complaint", 2): self = .complaint(parts[1])
        default: return nil
        }
    }
}

/// What the simulator's process is told, one to a line.
enum Order: Sendable {
    case traffic(Bool)
    case fault(Fault)

    var text: String {
        switch self {
        case .traffic(let isOn): "traffic\t\(isOn ? "on" : "off")"
        case .fault(let fault):
            "fault\t\(fault.id)\t\(fault.cause.rawValue)\t\(fault.seconds)\t\(fault.strength)\t"
                + fault.connections.map(String.init).joined(separator: ",")
        }
    }

    init?(_ line: String) {
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count) {
        case ("traffic", 2): self = .traffic(parts[1] == "on")
        case ("fault", 6):
            guard let id = Int(parts[1]), let cause = Cause(rawValue: parts[2]), let seconds = Double(parts[3]),
                let strength = Double(parts[4])
            else { return nil }
            self = .fault(
                Fault(
                    id: id, cause: cause, at: 0, seconds: seconds,
                    connections: parts[5].split(separator: ",").compactMap { Int($0) }, strength: strength))
        default: return nil
        }
    }
}
