import ConnectionLifecycle
import Foundation
import Holdfast

/// What a gateway answers, as far as it is shown. Times in milliseconds since 1970 (UTC).
enum ControlAnswer {
    struct List: Decodable {
        var accounts: [Account]
    }

    struct Account: Decodable {
        var name: String
        var server: String
        var state: String
        var since: Int64
        var attempt: Int
        var evidence: String
        var problem: String?
    }

    struct One: Decodable {
        var account: Account
        /// Of a probe.
        var verdict: Verdict?
    }

    struct Verdict: Decodable {
        var verdict: String
        var check: String
        var detail: String
    }

    struct Whole: Decodable {
        var account: Account
        var deliveries: [String: Int64]
        var connection: [String: Int64]?
        var history: [Transition]
    }

    struct Transition: Decodable {
        var at: Int64
        var generation: UInt32
        var id: String
        var from: String
        var event: String
        var to: String
        var reason: String

        /// Nil where a newer gateway has other words.
        var record: TransitionRecord? {
            guard let from = State(named: from), let to = State(named: to),
                let event = Event.allCases.first(where: { "\($0)" == event })
            else { return nil }
            return TransitionRecord(
                at: at, time: 0, generation: generation, id: id, from: from, event: event, to: to, reason: reason)
        }
    }

    static func decode<Answer: Decodable>(_ type: Answer.Type, _ bytes: [UInt8]) throws(Complaint) -> Answer {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw Complaint("the gateway's answer is not understood; is it of another version?", status: .unavailable)
        }
    }
}

extension State {
    /// As in the state chart.
    init?(named name: String) {
        guard let state = State.allCases.first(where: { "\($0)" == name }) else { return nil }
        self = state
    }
}
