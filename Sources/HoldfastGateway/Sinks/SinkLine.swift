internal import Holdfast
internal import HoldfastMattermost

/// What sinks are told of a delivery, and what they may ask for: JSON objects.
enum SinkLine {
    /// The delivery with its account in front, and a line break at the end.
    ///
    /// - Parameter id: by which the answer names it.
    static func line(_ delivery: Delivery, of account: String, id: Int64? = nil) -> [UInt8] {
        let front =
            if let id {
                JSONWriter.object(["account": .string(account), "id": .integer(id)])
            } else {
                JSONWriter.object(["account": .string(account)])
            }
        return JSONWriter.joined(front, delivery.line)
    }
}

/// A post that a sink asks for.
struct PostOrder: Hashable, Sendable {
    var account: String
    var channelID: String
    var message: String
    var rootID: String
    /// The same for the same post, should it be asked for again: the server then remembers it.
    var pendingID: String

    /// What is wrong in words where an object is no order.
    ///
    /// - Parameter account: whose it is where the object does not say.
    init(_ value: JSONNode, account: String?, pendingID: String = "") throws(Malformed) {
        func text(_ key: String) throws(Malformed) -> String? {
            guard let member = value.member(key), !member.value.isNull else { return nil }
            guard let text = member.value.text else { throw Malformed("\(key) is no text") }
            return text
        }
        for member in value.members where !Self.keys.contains(member.key) {
            throw Malformed("a post has no key \(Quoted(member.key)); it has \(Self.keys.joined(separator: ", "))")
        }
        guard let account = try text("account") ?? account else { throw Malformed("a post needs an account") }
        guard let channel = try text("channel_id"), !channel.isEmpty else {
            throw Malformed("a post needs a channel_id")
        }
        guard let message = try text("message"), !message.isEmpty else { throw Malformed("a post needs a message") }
        self.account = account
        channelID = channel
        self.message = message
        rootID = try text("root_id") ?? ""
        self.pendingID = try text("pending_id") ?? pendingID
    }

    private static let keys = ["account", "channel_id", "message", "root_id", "pending_id"]

    struct Malformed: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }
}
