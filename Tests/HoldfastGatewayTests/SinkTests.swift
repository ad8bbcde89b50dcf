import Foundation
import Holdfast
import HoldfastMattermost
import Locking
import Testing
import UVEventLoop
import WorldInterface

@testable import HoldfastGateway

@Suite(.timeLimit(.minutes(10))) struct SinkTests {
    /// Answers each request as it is told, and closes.
    private final class Receiver: Sendable {
        struct Request: Sendable {
            var headers: [String: String]
            var body: String
        }

        let requests = Record<Request>()
        private let answers: Lock<[String]>

        init(_ answers: [String]) { self.answers = Lock(answers) }

        /// From now on; the last one is given again and again.
        func set(_ answers: [String]) { self.answers.withLock { $0 = answers } }

        func answer(_ text: String) -> String? {
            guard let end = text.range(of: "\r\n\r\n") else { return nil }
            var headers: [String: String] = [:]
            for line in text[..<end.lowerBound].split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
            }
            let body = String(text[end.upperBound...])
            guard body.utf8.count >= Int(headers["content-length"] ?? "") ?? 0 else { return nil }
            requests.add(Request(headers: headers, body: body))
            return answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        }
    }

    private final class ReceiverConnection: StreamHandler {
        let stream: any ByteStream
        let receiver: Receiver
        var text = ""

        init(_ stream: any ByteStream, _ receiver: Receiver) {
            self.stream = stream
            self.receiver = receiver
        }

        func streamOpened() {}
        func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
            text += String(decoding: bytes, as: UTF8.self)
            guard let answer = receiver.answer(text) else { return }
            stream.write(Array(answer.utf8))
            stream.finishWriting()
        }
        func streamDrained() {}
        func streamClosed(_ reason: StreamClosure) {}
    }

    private static func response(_ status: Int, _ body: String = "") -> String {
        "HTTP/1.1 \(status) Said\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    @Test func aWebhookIsSignedCalledAgainAndMayPost() async throws {
        let loop = try EventLoop.start(name: "receiver")
        let receiver = Receiver([Self.response(500)])
        let port = try await loop.run {
            let listener = try loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) {
                ReceiverConnection($0, receiver)
            }
            return listener.port
        }
        var webhook = GatewayConfiguration.Webhook(url: try WebhookURL("http://127.0.0.1:\(port)/hook"))
        webhook.secret = Secret(Array("a secret of many letters".utf8))
        try await GatewayRig.run { [webhook] rig in
            let orders = Record<PostOrder>()
            let sink = WebhookSink(webhook, on: loop) { order in
                orders.add(order)
                return "id"
            }
            try await rig.gateway.add(try await rig.account("a", handler: sink))
            try await rig.areReady(["a"])
            try await rig.post("hello")
            try await receiver.requests.wait("three calls of one delivery") { $0.count >= 3 }
            let tried = Set(receiver.requests.all.map { $0.headers["x-holdfast-delivery"] ?? "" })
            #expect(tried.count == 1, "the same delivery, again and again")
            receiver.set([
                Self.response(200, #"{"posts":[{"channel_id":"c","message":"echo","root_id":"r"}]}"#),
                Self.response(204),
            ])
            try await receiver.requests.wait("the post") { requests in requests.contains { $0.body.contains("hello") } }
            try await orders.wait("the order") { !$0.isEmpty }
            let order = orders.all[0]
            #expect(order.account == "a" && order.channelID == "c" && order.message == "echo" && order.rootID == "r")
            #expect(order.pendingID == "hook:\(tried.first ?? ""):0", "the same if it is asked for again")
            for request in receiver.requests.all {
                let signed = "\(request.headers["x-holdfast-timestamp"] ?? "").\(request.body)"
                let code = messageAuthentication(of: Array(signed.utf8), key: Array("a secret of many letters".utf8))
                let text = code.map { String(format: "%02x", $0) }.joined()
                #expect(request.headers["x-holdfast-signature"] == "sha256=\(text)")
                #expect((try? JSONSerialization.jsonObject(with: Data(request.body.utf8))) is [String: Any])
            }
            #expect(rig.told.all.contains { $0["reason"].contains("answered 500") })
            #expect(!rig.told.all.contains { $0["reason"].contains("/hook") }, "a path may be a secret")
        }
        await loop.run { loop.closeHTTPConnections() }
        try? loop.stop()
    }

    /// RFC 4231, test cases 1 and 2.
    @Test func theSignatureIsThatOfTheStandard() {
        func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
        #expect(
            hexadecimal(messageAuthentication(of: Array("Hi There".utf8), key: Array(repeating: 0x0B, count: 20)))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            hexadecimal(messageAuthentication(of: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test(arguments: [
        (#"{"channel_id":"c","message":"m"}"#, "a post needs an account"),
        (#"{"account":"a","message":"m"}"#, "a post needs a channel_id"),
        (#"{"account":"a","channel_id":"c"}"#, "a post needs a message"),
        (#"{"account":"a","channel_id":"c","message":7}"#, "message is no text"),
        (#"{"account":"a","channel_id":"c","message":"m","text":"m"}"#, "a post has no key"),
        (#"[]"#, "a post needs an account"),
    ])
    func anOrderThatIsNoneSaysWhy(json: String, reason: String) async throws {
        let line = Array(#"{"post":\#(json),"ref":"7"}"#.utf8)
        let answer = String(decoding: await PostExchange.answer(line) { _ in "id" }, as: UTF8.self)
        #expect(
            answer.contains("post_failed") && answer.contains(#""ref":"7""#) && answer.contains(reason), "\(answer)")
    }

    @Test(arguments: ["", "7", "{", #"{"done":1}"#, String(repeating: "[", count: 100)])
    func aLineThatAsksForNothingIsAnswered(line: String) async {
        let answer = String(decoding: await PostExchange.answer(Array(line.utf8)) { _ in "id" }, as: UTF8.self)
        #expect(answer.contains("post_failed"))
    }

    @Test func aTurnstileLetsSoManyThroughAndForgetsWhoLeaves() async throws {
        let turnstile = Turnstile(2)
        let inside = Lock((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await turnstile.pass {
                        inside.withLock {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                        await Task.yield()
                        inside.withLock { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.withLock { $0.most } <= 2)
        let cancelled = Task { try await turnstile.pass { 1 } }
        cancelled.cancel()
        _ = await cancelled.result
        #expect(try await turnstile.pass { 2 } == 2)
    }
}
