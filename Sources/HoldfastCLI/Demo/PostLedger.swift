import Holdfast
import HoldfastMattermost

/// What was done, and how often each of it arrived.
struct PostLedger {
    /// One thing that must arrive once.
    enum Deed: Hashable, Sendable {
        case posted(String)
        case edited(String, at: Int64)
        case deleted(String)
    }

    /// Posts in order; an answer that was lost on its way does not unmake the post.
    private(set) var posts: [String] = []
    private var done: Set<Deed> = []
    private var arrivals: [Deed: Int] = [:]
    private(set) var sources: [DeliverySource: Int] = [:]
    /// Posts that were made while nothing was heard.
    private(set) var deafPosts = 0

    mutating func note(_ deed: Deed, isDeaf: Bool = false) {
        done.insert(deed)
        guard case .posted(let id) = deed else { return }
        posts.append(id)
        if isDeaf { deafPosts += 1 }
    }

    mutating func arrive(_ deed: Deed, _ source: DeliverySource) {
        arrivals[deed, default: 0] += 1
        sources[source, default: 0] += 1
    }

    func hasArrived(_ deed: Deed) -> Bool { arrivals[deed] != nil }

    var delivered: Int { done.count { arrivals[$0] != nil } }
    var sent: Int { done.count }
    var missed: Int { sent - delivered }
    /// Also of what this ledger does not know: nothing may come twice.
    var duplicates: Int { arrivals.values.reduce(0) { $0 + $1 - 1 } }
    var edits: Int { done.count { if case .edited = $0 { true } else { false } } }
    var deletions: Int { done.count { if case .deleted = $0 { true } else { false } } }
}

extension PostLedger.Deed {
    /// Nil where it is about something else.
    init?(_ delivery: Delivery) {
        switch try? delivery.content {
        case .posted(let posted)?: self = .posted(posted.post.id)
        case .edited(let post)?: self = .edited(post.id, at: post.editAt)
        case .deleted(let post)?: self = .deleted(post.id)
        case .reactionAdded?, .reactionRemoved?, .other?, nil: return nil
        }
    }
}
