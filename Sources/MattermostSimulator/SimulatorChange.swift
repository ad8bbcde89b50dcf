/// One thing that happened on the server, told at the moment it happened, before any connection is told: the log that a
/// client's deliveries are judged by.
public struct SimulatorChange: Sendable, Hashable {
    public enum Kind: String, Sendable {
        /// A post or a reply; system posts included.
        case posted
        case edited
        /// Of a thread the first post only, as the server announces it.
        case deleted
        case reactionAdded
        case reactionRemoved
        /// An open WebSocket lost its token for good: nothing is delivered on it from now on.
        case deaf
    }

    public var kind: Kind
    /// Milliseconds since 1970, by the server's clock.
    public var at: Int64
    /// Empty where it is about a connection.
    public var channelID = ""
    public var postID = ""
    /// Of a post its type, empty for a person's; of a reaction the emoji's name; of a connection its id.
    public var detail = ""
    /// The post's author, who reacted, or whose connection it is.
    public var userID: String
}
