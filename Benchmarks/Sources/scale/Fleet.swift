import ConnectionLifecycle
import Foundation
import HoldfastGateway
import HoldfastMattermost
import ScaleKit
import Synchronization

/// Watches the gateway: as its log, and as the handler of all deliveries.
final class Fleet: DeliveryHandler {
    private struct Contents {
        var course: Course
        var ledger: PostLedger
        /// Events that an account was updated.
        var announced = 0
    }

    private let contents: Mutex<Contents>
    private let clock: @Sendable () -> UInt64
    private static let states = Dictionary(uniqueKeysWithValues: State.allCases.map { ("\($0)", $0) })
    private static let events = Dictionary(uniqueKeysWithValues: Event.allCases.map { ("\($0)", $0) })

    /// - Parameter clock: nanoseconds of the machine's monotonic clock.
    init(connections: Int, clock: @escaping @Sendable () -> UInt64) {
        contents = Mutex(
            Contents(course: Course(accounts: connections), ledger: PostLedger(accounts: connections)))
        self.clock = clock
    }

    static func name(of account: Int) -> String { "account-\(account)" }

    private static func account(named name: String) -> Int? { Int(name.dropFirst("account-".count)) }

    func note(_ entry: GatewayLogEntry) {
        switch entry.message {
        case "transition":
            var fields: [String: String] = [:]
            for field in entry.fields.prefix(5) { fields[field.name] = field.value }
            guard let account = fields["account"].flatMap(Fleet.account),
                let from = fields["from"].flatMap({ Fleet.states[$0] }),
                let event = fields["event"].flatMap({ Fleet.events[$0] }),
                let to = fields["to"].flatMap({ Fleet.states[$0] })
            else { return }
            let now = clock()
            contents.withLock { $0.course.note(account: account, from: from, event: event, to: to, at: now) }
        case "caught up": contents.withLock { $0.course.noteCaughtUp() }
        default: break
        }
    }

    func handle(_ delivery: Delivery, of account: AccountReference) async throws {
        if delivery.event.kind == .userUpdated { contents.withLock { $0.announced += 1 } }
        guard case .posted(let posted) = try delivery.content, posted.post.type.isEmpty else { return }
        guard let account = Fleet.account(named: account.name), posted.post.message.hasPrefix("post "),
            let number = Int(posted.post.message.dropFirst("post ".count))
        else { return }
        contents.withLock { $0.ledger.hear(number, on: account) }
    }

    var openCount: Int { contents.withLock { $0.course.openCount } }
    var caughtUp: Int { contents.withLock { $0.course.caughtUp } }
    var announced: Int { contents.withLock { $0.announced } }
    var ledger: PostLedger { contents.withLock { $0.ledger } }
    func takePhase() -> Course.Phase { contents.withLock { $0.course.takePhase() } }
}
