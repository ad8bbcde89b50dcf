internal import Holdfast

/// Makes posts as an account of the gateway. Returns the post's id.
typealias Poster = @Sendable (PostOrder) async throws -> String

/// A line that asks for a post, and the line that answers it: for programs beside the gateway, on whichever channel.
enum PostExchange {
    struct Order: Sendable {
        private let value: JSONNode
        /// Comes back with the answer.
        private let ref: String

        /// Nil where the object asks for no post.
        init?(_ object: JSONNode) {
            guard let value = object.member("post")?.value else { return nil }
            self.value = value
            ref = object.member("ref")?.value.text ?? ""
        }

        /// The answer, a line.
        func perform(_ post: Poster) async -> [UInt8] {
            do {
                let id = try await post(try PostOrder(value, account: nil))
                return JSONWriter.line(["type": .string("posted"), "ref": .string(ref), "post_id": .string(id)])
            } catch {
                return failure("\(error)")
            }
        }

        func failure(_ reason: String) -> [UInt8] {
            JSONWriter.line(["type": .string("post_failed"), "ref": .string(ref), "reason": .string(reason)])
        }
    }

    /// The answer to a line from elsewhere.
    static func answer(_ line: [UInt8], _ post: Poster) async -> [UInt8] {
        guard let object = try? JSONTree(SourceText(line)).root, let order = Order(object) else {
            return JSONWriter.line([
                "type": .string("post_failed"), "ref": .string(""),
                "reason": .string("the line is no JSON object with a post; send {\"post\":{…},\"ref\":\"…\"}"),
            ])
        }
        return await order.perform(post)
    }
}
