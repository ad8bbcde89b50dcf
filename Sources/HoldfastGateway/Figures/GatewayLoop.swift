internal import Holdfast
internal import Locking
internal import Synchronization
internal import WorldInterface

/// One of a gateway's loops: where some of its accounts live, and what they count.
///
/// Sound to share: the figures and the fresh transitions are behind locks that only this loop and a reader of the figures
/// take.
final class GatewayLoop: Sendable {
    /// What happened to an account, for those who look on.
    struct Change: Sendable {
        var account: String
        /// Nil where it is something else: the account may be gone.
        var transition: TransitionRecord?
    }

    let number: Int
    let world: any World
    private let state = Lock(GatewayFigures())
    private let changes = Lock<[Change]>([])
    private let onlookers = Atomic(0)

    /// A burst of more is told as a whole: whoever looks on asks for everything anew.
    private static let maximumChanges = 4096

    init(number: Int, world: any World) {
        self.number = number
        self.world = world
    }

    var figures: GatewayFigures { state.withLock { $0 } }

    func count(_ body: (inout GatewayFigures) -> Void) { state.withLock { body(&$0) } }

    func tell(_ change: @autoclosure () -> Change) {
        guard onlookers.load(ordering: .relaxed) > 0 else { return }
        let change = change()
        changes.withLock { if $0.count <= Self.maximumChanges { $0.append(change) } }
    }

    /// From now on changes are kept until they are taken.
    func watch() { onlookers.add(1, ordering: .relaxed) }

    func unwatch() {
        if onlookers.subtract(1, ordering: .relaxed).newValue == 0 { changes.withLock { $0 = [] } }
    }

    /// What happened since this was asked last; nil where it was too much to keep.
    func takeChanges() -> [Change]? {
        let taken = changes.withLock { changes in
            defer { changes = [] }
            return changes
        }
        return taken.count > Self.maximumChanges ? nil : taken
    }
}
