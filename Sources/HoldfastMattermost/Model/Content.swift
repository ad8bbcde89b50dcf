internal import CSimdJSON

extension MattermostEvent {
    /// What an event says, by its kind.
    public enum Content: Hashable, Sendable {
        case hello(Hello)
        case posted(Posted)
        case postEdited(Post)
        /// The post as it was: its old text, `deleteAt` 0.
        case postDeleted(Post)
        /// A post that only this account sees and that is not kept.
        case ephemeralMessage(Post)
        case reactionAdded(Reaction)
        case reactionRemoved(Reaction)
        case typing(Typing)
        case statusChange(StatusChange)
        case userUpdated(User)
        case userAdded(UserAdded)
        case userRemoved(UserRemoved)
        case channelViewed(channelID: String)
        case channelUpdated(Channel)
        case channelDeleted(ChannelDeleted)
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
        guard storage.envelope.data.count > 0 else { throw DecodingFailure(.missingKey, key: "data") }
        self = try storage.withText(in: storage.envelope.data) { json throws(DecodingFailure) in
            // Its texts lie in the event or in the outer parser: valid to the end of this closure.
            var data = HoldfastEventData()
            try holdfast_read_event_data(json, &data).check()
            return try Self(kind, data, event)
        }
    }

    private init(_ kind: MattermostEvent.Kind, _ data: HoldfastEventData, _ event: MattermostEvent)
        throws(DecodingFailure)
    {
        switch kind {
        case .other: self = .other
        case .hello: self = .hello(Hello(data))
        case .posted: self = .posted(try Posted(data))
        case .postEdited: self = .postEdited(try Post(nested: data.post))
        case .postDeleted: self = .postDeleted(try Post(nested: data.post))
        case .ephemeralMessage: self = .ephemeralMessage(try Post(nested: data.post))
        case .reactionAdded: self = .reactionAdded(try Reaction(nested: data.reaction))
        case .reactionRemoved: self = .reactionRemoved(try Reaction(nested: data.reaction))
        case .typing: self = .typing(Typing(data, event.broadcast))
        case .statusChange: self = .statusChange(StatusChange(data))
        case .userUpdated: self = .userUpdated(try User(nested: data.user))
        case .userAdded: self = .userAdded(UserAdded(data, event.broadcast))
        case .userRemoved: self = .userRemoved(UserRemoved(data, event.broadcast))
        case .channelViewed: self = .channelViewed(channelID: data.channelID.string)
        case .channelUpdated: self = .channelUpdated(try Channel(nested: data.channel))
        case .channelDeleted: self = .channelDeleted(ChannelDeleted(data, event.broadcast))
        case .preferencesChanged: self = .preferencesChanged(try Preference.list(data.preferences))
        }
    }
}
