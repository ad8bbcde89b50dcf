internal import CSimdJSON
import Holdfast
public import WorldInterface

/// The small part of Mattermost's REST API (version 4) that a gateway needs. A value; all requests go through the world's
/// HTTP, so the methods run wherever they are called, and call `World.perform` from there: on the loop.
///
/// Answers are bounded (`maximumBodyBytes`), and so is the time for each (`timeout`). Nothing is repeated by itself except
/// `createPost`, which the server recognises when it comes again.
public struct MattermostClient: Sendable {
    /// Performs one request. A seam for tests; the world is the real one.
    public typealias Perform =
        nonisolated(nonsending) @Sendable (HTTPRequest) async throws(NetworkError) -> HTTPResponse

    /// Waits, and throws when the task is cancelled meanwhile.
    public typealias Pause = nonisolated(nonsending) @Sendable (Duration) async throws(CancellationError) -> Void

    public var server: ServerURL
    /// Sent as `Authorization: Bearer …` when there is one.
    public var token: Token?
    public var tls: TLSClientOptions
    public var transport: TransportOptions
    /// For a whole exchange.
    public var timeout: Duration
    /// A longer answer is `NetworkError.tooLarge`.
    public var maximumBodyBytes: Int
    /// The clock by which repetitions are bounded.
    let now: @Sendable () -> Instant
    /// Where ids that must not occur twice come from.
    let makeSeed: @Sendable () -> UInt64
    /// Between repetitions.
    let pause: Pause
    private let perform: Perform

    /// The parts of a world one by one: a seam for tests.
    public init(
        server: ServerURL, token: Token?, tls: TLSClientOptions = .init(), transport: TransportOptions = .init(),
        timeout: Duration = .seconds(10), maximumBodyBytes: Int = 16 << 20, now: @escaping @Sendable () -> Instant,
        makeSeed: @escaping @Sendable () -> UInt64, pause: @escaping Pause, perform: @escaping Perform
    ) {
        self.server = server
        self.token = token
        self.tls = tls
        self.transport = transport
        self.timeout = timeout
        self.maximumBodyBytes = maximumBodyBytes
        self.now = now
        self.makeSeed = makeSeed
        self.pause = pause
        self.perform = perform
    }

    public init(
        server: ServerURL, token: Token?, tls: TLSClientOptions = .init(), transport: TransportOptions = .init(),
        timeout: Duration = .seconds(10), maximumBodyBytes: Int = 16 << 20, world: any World
    ) {
        self.init(
            server: server, token: token, tls: tls, transport: transport, timeout: timeout,
            maximumBodyBytes: maximumBodyBytes,
            now: { world.now }, makeSeed: { world.makeSeed() },
            pause: { (duration) async throws(CancellationError) in try await world.sleep(for: duration) },
            perform: { (request) async throws(NetworkError) in try await world.perform(request) })
    }

    /// Sends one request; any answer is returned, but that a redirect is followed or refused by the rule of `Redirect`.
    nonisolated(nonsending) func exchange(
        _ method: String, _ path: String, body: [UInt8] = [], ifNoneMatch: String? = nil
    ) async throws(MattermostError) -> HTTPResponse {
        var headers: [(name: String, value: String)] = [("Accept", "application/json")]
        if let token { headers.append(("Authorization", token.authorization)) }
        if !body.isEmpty { headers.append(("Content-Type", "application/json")) }
        // An Etag came from the server and goes back to it, but not with a line break in it.
        if let ifNoneMatch, ifNoneMatch.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
            headers.append(("If-None-Match", ifNoneMatch))
        }
        var url = server.url("\(server.basePath)/api/v4\(path)")
        let deadline = now() + timeout
        var redirectCount = 0
        while true {
            // The time is for all of them together.
            let left = Duration.nanoseconds(Int64(clamping: deadline.nanoseconds(since: now())))
            let request = HTTPRequest(
                method: method, url: url.description, headers: headers, body: body, timeout: min(left, timeout),
                maximumBodyBytes: maximumBodyBytes, tls: tls, transport: transport)
            let response: HTTPResponse
            do {
                response = try await perform(request)
            } catch {
                throw .transport(error)
            }
            guard Redirect.isRedirect(response.status) else { return response }
            do throws(RefusedRedirect) {
                url = try Redirect.target(
                    response.status, response.header("Location"), from: url, basePath: server.basePath,
                    isGet: method == "GET", after: redirectCount)
            } catch {
                throw .unexpected(token?.hidden(in: error.description) ?? error.description)
            }
            redirectCount += 1
        }
    }

    /// Sends one request; an answer that is no success is thrown.
    nonisolated(nonsending) func request(
        _ method: String, _ path: String, body: [UInt8] = [], hiding secrets: [String] = []
    ) async throws(MattermostError) -> HTTPResponse {
        let response = try await exchange(method, path, body: body)
        guard (200...299).contains(response.status) else { throw failure(response, hiding: secrets) }
        return response
    }

    func failure(_ response: HTTPResponse, hiding secrets: [String] = []) -> MattermostError {
        MattermostError(response, hiding: secrets + (token.map { [$0.secret] } ?? []))
    }

    /// Reads the body of a success.
    func read<Value>(
        _ response: HTTPResponse, _ make: (HoldfastText) throws(DecodingFailure) -> Value
    ) throws(MattermostError) -> Value {
        do {
            return try withPadding(response.body, make)
        } catch {
            throw .unexpected(
                "the answer is not one of Mattermost's (\(error)); check that the server URL is that of Mattermost itself"
            )
        }
    }
}
