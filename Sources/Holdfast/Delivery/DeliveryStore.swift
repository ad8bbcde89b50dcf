/// Where the duty to deliver is kept: what has been received and not been acknowledged yet, and how far each channel has
/// come. `MemoryStore` keeps it as long as the process lives; `SQLiteStore` (module HoldfastStore) across a crash.
///
/// A store holds any number of mailboxes, one for each account.
public protocol DeliveryStore: Sendable {
    /// Opens a mailbox and makes it when it is new. Whoever had it open in this process loses it: its commits fail with
    /// `superseded` from now on. May be called from anywhere.
    func open(_ mailbox: String) async throws(StoreError) -> any Mailbox
}

/// An open mailbox. May be used from anywhere; the order of the calls is the order of their effects.
public protocol Mailbox: Sendable {
    /// How it was when it was opened.
    var state: MailboxState { get }

    /// Makes all of a batch lasting, or nothing of it. When it returns, the process may be killed and nothing is lost.
    func commit(_ batch: MailboxBatch) async throws(StoreError)

    /// The delivery's duty is done: it will not be handed over again, also not after a crash. A number that is not (or
    /// no longer) in the mailbox is not an error. Works for a superseded mailbox too.
    func acknowledge(_ number: Int64) async throws(StoreError)

    /// What is not acknowledged, in order, beyond `number`; at most `limit`.
    func unacknowledged(after number: Int64, limit: Int) async throws(StoreError) -> [StoredDelivery]
}

/// What a mailbox knows besides its deliveries.
public struct MailboxState: Hashable, Sendable {
    /// Whose mailbox it is; empty while it is new.
    public var account = ""
    /// The number of the next delivery. Numbers ascend from 1 and are never used twice.
    public var nextNumber: Int64 = 1
    /// The latest time by the server's clock at which everything was being heard, in milliseconds since 1970.
    public var heardAt: Int64 = 0
    /// By id of the channel.
    public var channels: [String: ChannelPosition] = [:]
    /// By id of the channel; in the order in which they were remembered.
    public var known: [String: [KnownItem]] = [:]

    public init() {}
}

/// One step of a mailbox, atomic.
public struct MailboxBatch: Sendable {
    /// In order of their numbers.
    public var deliveries: [StoredDelivery] = []
    /// New or changed positions, by id of the channel.
    public var positions: [String: ChannelPosition] = [:]
    /// In order.
    public var memory: [MemoryChange] = []
    /// Nil where they do not change.
    public var account: String?
    public var heardAt: Int64?

    public enum MemoryChange: Hashable, Sendable {
        /// Adds the item to the channel's, or replaces the one with its key, which keeps its place.
        case remember(KnownItem, channel: String)
        case forget(key: String, channel: String)
    }

    public init() {}

    public var isEmpty: Bool {
        deliveries.isEmpty && positions.isEmpty && memory.isEmpty && account == nil && heardAt == nil
    }
}

/// One delivery as it is kept.
public struct StoredDelivery: Hashable, Sendable {
    public var number: Int64
    public var source: DeliverySource
    /// Why it comes this way; one line for a person.
    public var reason: String
    /// The event's text: UTF-8, JSON.
    public var text: [UInt8]

    public init(number: Int64, source: DeliverySource, reason: String, text: [UInt8]) {
        self.number = number
        self.source = source
        self.reason = reason
        self.text = text
    }
}

/// How a delivery came.
public enum DeliverySource: String, CaseIterable, Sendable {
    /// Pushed by the server as it happened.
    case live
    /// Pushed by the server after a dropped connection was resumed.
    case resumed
    /// Fetched, because it happened while nothing was heard.
    case caughtUp = "caught up"
}

/// How far a channel has come. All times are milliseconds since 1970 by the server's clock.
public struct ChannelPosition: Hashable, Sendable {
    /// When the newest post that was delivered was created.
    public var createdAt: Int64
    /// Its id; empty when none was delivered yet.
    public var anchor: String
    /// All changes of posts up to this time were delivered.
    public var changedAt: Int64
    /// Posts created up to this time are not looked for any more: they were delivered, or are from before our time.
    public var createdHorizon: Int64
    /// The same for changes.
    public var changedHorizon: Int64
    /// While a catch-up is unfinished, `createdAt` when it began, and the server's clock then; else 0.
    public var passFrom: Int64
    public var passAt: Int64

    public init(
        createdAt: Int64, anchor: String = "", changedAt: Int64, createdHorizon: Int64, changedHorizon: Int64,
        passFrom: Int64 = 0, passAt: Int64 = 0
    ) {
        self.createdAt = createdAt
        self.anchor = anchor
        self.changedAt = changedAt
        self.createdHorizon = createdHorizon
        self.changedHorizon = changedHorizon
        self.passFrom = passFrom
        self.passAt = passAt
    }
}

/// Something that was delivered, remembered so that it is not delivered twice.
public struct KnownItem: Hashable, Sendable {
    /// Unique in its channel, e.g. the post's id.
    public var key: String
    public var createdAt: Int64
    /// The edit that was delivered last; 0 when there was none.
    public var editedAt: Int64
    /// The change that was delivered last.
    public var changedAt: Int64
    /// Deleted, or taken back.
    public var isGone: Bool

    public init(key: String, createdAt: Int64, editedAt: Int64 = 0, changedAt: Int64, isGone: Bool = false) {
        self.key = key
        self.createdAt = createdAt
        self.editedAt = editedAt
        self.changedAt = changedAt
        self.isGone = isGone
    }
}

/// Why a store cannot do what it is asked. The descriptions say what to do.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, CaseIterable, Sendable {
        /// Another process has the file open.
        case inUse
        /// The mailbox was opened again in this process.
        case superseded
        case readOnly
        /// The file cannot be opened or made.
        case inaccessible
        /// No space is left on the disk, or below the limit that was set.
        case full
        /// Not a store, or damaged.
        case corrupt
        /// Written by a later version of Holdfast.
        case tooNew
        /// The disk failed.
        case failed
        /// The mailbox is another account's.
        case otherAccount
        /// Deliveries were asked for, but there is no store to keep them.
        case notGiven
    }

    public var kind: Kind
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
