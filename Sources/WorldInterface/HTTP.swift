/// One HTTP request. The URL is absolute (`http` or `https`).
public struct HTTPRequest: Sendable {
    public var method: String
    public var url: String
    /// Sent as given. May carry credentials; never logged.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// The whole exchange must end within this time, else `NetworkError.timedOut`.
    public var timeout: Duration
    /// A longer answer ends the transfer with `NetworkError.tooLarge`.
    public var maximumBodyBytes: Int
    public var tls: TLSClientOptions
    public var transport: TransportOptions
    /// Redirects (3xx) are returned, not followed, unless this is positive.
    public var maximumRedirects: Int
    /// The path of a Unix socket to ask instead of the URL's host, without a proxy. Only on the real loop.
    public var socketPath: String?

    public init(
        method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(10), maximumBodyBytes: Int = 64 << 20, tls: TLSClientOptions = .init(),
        transport: TransportOptions = .init(), maximumRedirects: Int = 0, socketPath: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.maximumBodyBytes = maximumBodyBytes
        self.tls = tls
        self.transport = transport
        self.maximumRedirects = maximumRedirects
        self.socketPath = socketPath
    }
}

/// An answer of any status. The body is decoded (gzip) already.
public struct HTTPResponse: Sendable {
    public var status: Int
    /// In order of arrival; names as sent by the server.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of a header; the name is compared without case (RFC 9110 §5.1).
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}
