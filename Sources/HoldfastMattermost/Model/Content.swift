internal import CSimdJSON

extension MattermostEvent {
    /// What an event says, by its kind. All but posts lie behind a reference, so that the frequent ones are cheap to pass on.
    public enum Content: Hashable, Sendable {
        indirect case hello(Hello)
        case posted(Posted)
        case postEdited(Post)
        /// The post as it was: its old text, `deleteAt` 0.
        case postDeleted(Post)
        /// A post that only this account sees and that is not kept.
        case ephemeralMessage(Post)
        indirect case reactionAdded(Reaction)
        indirect case reactionRemoved(Reaction)
        indirect case typing(Typing)
        indirect case statusChange(StatusChange)
        indirect case userUpdated(User)
        indirect case userAdded(UserAdded)
        indirect case userRemoved(UserRemoved)
        case channelViewed(channelID: String)
        indirect case channelUpdated(Channel)
        indirect case channelDeleted(ChannelDeleted)
        case preferencesChanged([Preference])
        /// An event of another kind: see `name` and `dataText`.
        case other
    }
}

extension MattermostEvent.Content {
    init(_ event: MattermostEvent) throws(DecodingFailure) {
        let kind = event.kind
        guard kind != .other else {
            self = .other
            return
        }
        let storage = event.storage
        guard !storage.envelope(\.data).isAbsent else { throw DecodingFailure(.missingKey, key: "data") }
        try storage.content(\.outcome).check()
        let data = EventData(storage: storage)
        switch kind {
        case .other: self = .other
        case .hello: self = .hello(Hello(data))
        case .posted: self = .posted(try Posted(storage))
        case .postEdited: self = .postEdited(try Post(storage))
        case .postDeleted: self = .postDeleted(try Post(storage))
        case .ephemeralMessage: self = .ephemeralMessage(try Post(storage))
        case .reactionAdded: self = .reactionAdded(try Reaction(nestedIn: data))
        case .reactionRemoved: self = .reactionRemoved(try Reaction(nestedIn: data))
        case .typing: self = .typing(Typing(data, event.broadcast))
        case .statusChange: self = .statusChange(StatusChange(data))
        case .userUpdated: self = .userUpdated(try User(nestedIn: data))
        case .userAdded: self = .userAdded(UserAdded(data, event.broadcast))
        case .userRemoved: self = .userRemoved(UserRemoved(data, event.broadcast))
        case .channelViewed: self = .channelViewed(channelID: data[\.channelID])
        case .channelUpdated: self = .channelUpdated(try Channel(nestedIn: data))
        case .channelDeleted: self = .channelDeleted(ChannelDeleted(data, event.broadcast))
        case .preferencesChanged:
            self = .preferencesChanged(try storage.withNested(storage.content(\.data.preferences), Preference.list))
        }
    }
}

/// The members of an event's `data`.
struct EventData {
    let storage: TextStorage

    /// Empty when it is absent.
    subscript(member: KeyPath<HoldfastEventData, HoldfastRange>) -> String {
        storage.string(range(member))
    }

    func optional(_ member: KeyPath<HoldfastEventData, HoldfastRange>) -> String? {
        range(member).isAbsent ? nil : self[member]
    }

    private func range(_ member: KeyPath<HoldfastEventData, HoldfastRange>) -> HoldfastRange {
        storage.withContent { $0.pointee.data[keyPath: member] }
    }

    var deleteAt: Int64 { storage.content(\.data.deleteAt) }
}
