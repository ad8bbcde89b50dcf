// The functions of holdfast.h, by their names there. The compiler compares each with its declaration.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CHoldfast
internal import HoldfastMattermost

@c @implementation
public func holdfast_post(
    _ connection: holdfast_connection, _ channelID: UnsafePointer<CChar>?, _ message: UnsafePointer<CChar>?,
    _ rootID: UnsafePointer<CChar>?, _ pendingID: UnsafePointer<CChar>?, _ onResult: holdfast_on_result?,
    _ userData: UnsafeMutableRawPointer?
) -> holdfast_status {
    answering { () throws(Failure) in
        let session = try Handles.connections.find(connection)
        guard let channel = try text(channelID, "channel_id"), !channel.isEmpty else {
            throw Failure(Status.argument, "channel_id is NULL or empty; give the id of a channel")
        }
        guard let message = try text(message, "message", limit: 1 << 20) else {
            throw Failure(Status.argument, "message is NULL; give the text of the post")
        }
        let root = try text(rootID, "root_id") ?? ""
        let pending = try text(pendingID, "pending_id") ?? ""
        try session.request(Answer(onResult: onResult, userData: userData)) {
            (client) async throws(MattermostError) in
            let post = try await client.createPost(
                channelID: channel, message: message, rootID: root, pendingPostID: pending)
            return Told(id: post.id)
        }
        return Status.done
    }
}

@c @implementation
public func holdfast_account(
    _ connection: holdfast_connection, _ onResult: holdfast_on_result?, _ userData: UnsafeMutableRawPointer?
) -> holdfast_status {
    answering { () throws(Failure) in
        let session = try Handles.connections.find(connection)
        guard let onResult else {
            throw Failure(Status.argument, "on_result is NULL; give the function that takes the answer")
        }
        try session.request(Answer(onResult: onResult, userData: userData)) {
            (client) async throws(MattermostError) in
            let account = try await client.account()
            return Told(id: account.id, name: account.username)
        }
        return Status.done
    }
}
