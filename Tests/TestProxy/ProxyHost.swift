public import WorldInterface

/// A `TestProxy` for tests that do not run on its loop.
public actor ProxyHost {
    private let world: any World
    public nonisolated let unownedExecutor: UnownedSerialExecutor
    private var proxy: TestProxy?

    public init(_ world: any World) {
        self.world = world
        unownedExecutor = world.executor.asUnownedSerialExecutor()
    }

    /// Listens on a free port.
    public func start(
        host: String = "127.0.0.1", tls: TLSServerOptions? = nil,
        _ decide: @escaping @Sendable (String) -> TestProxy.Decision
    ) throws -> Endpoint {
        let proxy = try TestProxy(world, host: host, tls: tls, decide: decide)
        self.proxy = proxy
        return proxy.endpoint
    }

    /// Each request head that came.
    public var heads: [String] { proxy?.heads ?? [] }

    /// Ends everything, and returns when all is closed.
    public func stop() async {
        proxy?.close()
        while let proxy, proxy.openCount > 0 { await Task.yield() }
        proxy = nil
    }
}
