import WebSocketCodec
import WorldInterface

/// What a WebSocket needs until it is open.
final class WebSocketDial {
    private(set) var url: RequestURL
    let basePath: String
    let tls: TLSClientOptions
    let transport: TransportOptions
    var handshake: WebSocketClientHandshake
    private(set) var redirectCount = 0
    private let headers: [(name: String, value: String)]
    private let limits: WebSocketLimits

    init(
        url: RequestURL, basePath: String, tls: TLSClientOptions, transport: TransportOptions,
        headers: [(name: String, value: String)], limits: WebSocketLimits, world: any World
    ) throws(WebSocketHandshakeError) {
        self.url = url
        self.basePath = basePath
        self.tls = tls
        self.transport = transport
        self.headers = headers
        self.limits = limits
        handshake = try Self.handshake(url, headers, limits, world)
    }

    /// Asks there from now on, with a fresh key.
    func redirect(to next: RequestURL, world: any World) throws(RefusedRedirect) {
        do throws(WebSocketHandshakeError) {
            handshake = try Self.handshake(next, headers, limits, world)
        } catch {
            throw RefusedRedirect("the server redirects to what is no address; is the server URL right?")
        }
        url = next
        redirectCount += 1
    }

    private static func handshake(
        _ url: RequestURL, _ headers: [(name: String, value: String)], _ limits: WebSocketLimits, _ world: any World
    ) throws(WebSocketHandshakeError) -> WebSocketClientHandshake {
        try WebSocketClientHandshake(
            host: url.hostHeader, path: url.target, headers: headers,
            key: WebSocketHandshakeKey(world.makeSeed(), world.makeSeed()), limits: limits)
    }
}
