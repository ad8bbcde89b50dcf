internal import CSimdJSON

/// An event of the server: the text as it was sent, and what was peeked of it. One reference wide, one allocation.
///
/// It was read when it came; a string of its typed `content` is made each time it is asked for.
public struct MattermostEvent: Sendable {
    /// The events that are known by name.
    public enum Kind: UInt8, CaseIterable, Sendable {
        case other = 0
        case hello, posted, postEdited, postDeleted, ephemeralMessage, reactionAdded, reactionRemoved, typing
        case statusChange, userUpdated, userAdded, userRemoved, channelViewed, channelUpdated, channelDeleted
        case preferencesChanged
    }

    /// To whom the server sent it. Empty strings where it is not limited.
    public struct Broadcast: Hashable, Sendable {
        public var userID: String
        public var channelID: String
        public var teamID: String

        public init(userID: String = "", channelID: String = "", teamID: String = "") {
            self.userID = userID
            self.channelID = channelID
            self.teamID = teamID
        }
    }

    /// Sound to send: the storage never changes (`ManagedBuffer` only cannot say so).
    nonisolated(unsafe) let storage: TextStorage

    /// `other` when the name is not known here.
    public var kind: Kind { Kind(rawValue: storage.envelope(\.kind)) ?? .other }

    /// As the server calls it, e.g. `posted`.
    public var name: String { storage.string(storage.envelope(\.name)) }

    /// `seq`: 0 for the first event of a connection, then one more for each.
    public var sequence: Int64 { storage.envelope(\.sequence) }

    /// The number of the connection attempt that it came by (`Connection.generation`); 0 when it came by none. Where it
    /// changes without a `hello`, the connection was resumed and `sequence` goes on.
    public var attempt: UInt32 { storage.header.attempt }

    /// The server pushed it after a resume was asked for and before the resume was confirmed: it happened while the
    /// connection was away, or in the very moment it came back.
    public var isReplayed: Bool { storage.header.isReplayed }

    public var broadcast: Broadcast {
        Broadcast(
            userID: storage.string(storage.envelope(\.broadcastUserID)),
            channelID: storage.string(storage.envelope(\.broadcastChannelID)),
            teamID: storage.string(storage.envelope(\.broadcastTeamID)))
    }

    /// The whole event as it was sent, without the white space behind it.
    public var text: String { storage.withText { String(decoding: $0, as: UTF8.self) } }

    /// The raw JSON object `data`; nil when the event has none.
    public var dataText: String? { storage.raw(storage.envelope(\.data)) }

    /// The raw JSON object `broadcast`; nil when the event has none.
    public var broadcastText: String? { storage.raw(storage.envelope(\.broadcast)) }

    /// Length of `text` in bytes.
    public var byteCount: Int { Int(storage.header.count) }

    /// The bytes of `text`, valid during the call; 64 readable zero bytes follow them.
    public func withRawBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try storage.withText(body)
    }

    /// What the event says.
    ///
    /// - Throws: `DecodingFailure` when a known event does not have the content that Mattermost gives it. Its text stays
    ///   available.
    public var content: Content {
        get throws(DecodingFailure) { try Content(self) }
    }
}
