public import WorldInterface

/// Where a gateway's status is served, and to whom.
public struct StatusOptions: Sendable {
    /// A numeric address; port 0 takes a free one.
    public var endpoint: Endpoint
    /// The certificate to serve HTTPS with; plain HTTP without.
    public var tls: TLSServerOptions?
    /// Who wants to see anything but the bare page, `/healthz` and `/readyz` must send it (`Authorization: Bearer …`): 1 …
    /// 4096 bytes. Without one only requests to loopback or to the address of `endpoint` are answered, so that no page of
    /// another site can ask under a name of its own.
    public var token: String?
    /// Shown on the page and in the metrics.
    public var version: String

    public init(
        endpoint: Endpoint = Endpoint(host: "127.0.0.1", port: 0), tls: TLSServerOptions? = nil, token: String? = nil,
        version: String = "unknown"
    ) {
        self.endpoint = endpoint
        self.tls = tls
        self.token = token
        self.version = version
    }
}
