internal import Holdfast
public import HoldfastMattermost
internal import UVEventLoop
internal import WorldInterface

/// Posts each delivery to a web address. A status of 2xx means handled; anything else, that it comes again.
///
/// With a secret each request is signed: `X-Holdfast-Signature` is `sha256=` and the HMAC-SHA-256, in hexadecimal, of the value
/// of `X-Holdfast-Timestamp` (seconds since 1970), a full stop and the body. `X-Holdfast-Delivery` is the same when a
/// delivery comes again. The answer may ask for posts: `{"posts":[{"channel_id":…,"message":…,"root_id":…}]}`.
public struct WebhookSink: DeliveryHandler {
    private let webhook: GatewayConfiguration.Webhook
    private let world: any World
    private let turnstile: Turnstile
    private let post: Poster

    /// The longest that is waited where the receiver says how long.
    private static let longestWait: Int64 = 300
    private static let maximumAnswer = 1 << 20
    private static let maximumPosts = 100

    init(_ webhook: GatewayConfiguration.Webhook, on world: any World, post: @escaping Poster) {
        self.webhook = webhook
        self.world = world
        self.post = post
        turnstile = Turnstile(webhook.maximumInFlight)
    }

    public func handle(_ delivery: Delivery, of account: AccountReference) async throws {
        let key = "\(account.name)/\(delivery.number)"
        var body = SinkLine.line(delivery, of: account.name)
        body.removeLast()
        let request = request(body, key: key)
        let response = try await turnstile.pass { [world] in try await world.perform(request) }
        guard (200...299).contains(response.status) else {
            if let wait = response.header("Retry-After").flatMap({ Int64($0) }), wait > 0 {
                try await world.sleep(for: .seconds(min(wait, Self.longestWait)))
            }
            throw Refused(description: "the webhook \(webhook.url) answered \(response.status)")
        }
        for order in try orders(in: response.body, account: account.name, key: key) { _ = try await post(order) }
    }

    private func request(_ body: [UInt8], key: String) -> HTTPRequest {
        let seconds = "\(world.wallClockMilliseconds / 1000)"
        var headers: [(name: String, value: String)] = [
            ("Content-Type", "application/json"), ("X-Holdfast-Delivery", key), ("X-Holdfast-Timestamp", seconds),
        ]
        if let secret = webhook.secret {
            let code = messageAuthentication(of: Array("\(seconds).".utf8) + body, key: secret.bytes)
            headers.append(("X-Holdfast-Signature", "sha256=" + code.map(Self.hexadecimal).joined()))
        }
        return HTTPRequest(
            method: "POST", url: webhook.url.request.description, headers: headers, body: body,
            timeout: webhook.timeout,
            maximumBodyBytes: Self.maximumAnswer, tls: webhook.tls)
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
    }

    /// Where the answer is no JSON object it asks for nothing: many a receiver says `ok`.
    private func orders(in body: [UInt8], account: String, key: String) throws -> [PostOrder] {
        guard let answer = try? JSONTree(SourceText(body)).root, let posts = answer.member("posts") else {
            return []
        }
        guard posts.value.elements.count <= Self.maximumPosts else {
            throw Refused(
                description: "the webhook \(webhook.url) asks for more than \(Self.maximumPosts) posts at once")
        }
        return try posts.value.elements.enumerated().map { index, value in
            do throws(PostOrder.Malformed) {
                return try PostOrder(value, account: account, pendingID: "hook:\(key):\(index)")
            } catch {
                throw Refused(description: "the webhook \(webhook.url) asks for a post, but \(error)")
            }
        }
    }

    private struct Refused: Error, CustomStringConvertible { var description: String }
}
