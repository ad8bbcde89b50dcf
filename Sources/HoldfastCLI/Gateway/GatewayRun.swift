import Foundation
import Holdfast
import HoldfastGateway
import HoldfastStore
import UVEventLoop
import WorldInterface

/// Runs a gateway until a signal.
enum GatewayRun {
    static func run(_ configuration: GatewayConfiguration, path: String) async throws(Complaint) -> ExitStatus {
        let log = LogWriter(configuration.log)
        var store: SQLiteStore?
        if let file = configuration.store { store = try await open(file) }
        var loops: [EventLoop] = []
        for number in 0..<configuration.loops { loops.append(try EventLoop.started("gateway-\(number)")) }
        let gateway = ConfiguredGateway(
            on: loops, store: store ?? MemoryStore(), write: { StandardOutput.write($0, unread: .inputOutput) },
            log: { log.write($0) })
        let ending = Ending(on: loops[0], grace: configuration.shutdown + .seconds(10))
        let reloading = Reloading(on: loops[0], path: path, gateway: gateway, log: log)
        do {
            try await ending.begin(duration: nil)
            try await reloading.begin()
            try await gateway.apply(configuration)
        } catch {
            throw Complaint("\(error)", status: .unavailable)
        }
        let status = try await serveStatus(configuration.status, gateway.gateway, on: loops[0])
        let control = try await takeCommands(configuration.control, gateway.gateway, on: loops[0])
        InputPosts.begin(gateway)
        _ = await ending.wait()
        await reloading.end()
        await status?.stop()
        await control?.stop()
        await gateway.stop()
        await store?.close()
        await ending.close()
        for loop in loops { loop.finish() }
        return .success
    }

    private static func serveStatus(
        _ status: GatewayConfiguration.Status?, _ gateway: Gateway, on loop: EventLoop
    ) async throws(Complaint) -> StatusServer? {
        guard let status else { return nil }
        let options = StatusOptions(
            endpoint: status.listen, token: status.token?.secret, version: HoldfastCLI.version)
        let server = StatusServer(of: gateway, on: loop, options)
        do throws(NetworkError) {
            let port = try await server.start()
            StandardError.write(
                "holdfast gateway: status page on http://\(Endpoint(host: status.listen.host, port: port))/")
        } catch {
            throw Complaint("\(error.message); give another address at status.listen", status: .unavailable)
        }
        return server
    }

    private static func takeCommands(
        _ path: String?, _ gateway: Gateway, on loop: EventLoop
    ) async throws(Complaint) -> ControlServer? {
        guard let path else { return nil }
        let server = ControlServer(of: gateway, on: loop)
        do throws(NetworkError) {
            try await server.start(atPath: path)
        } catch {
            throw Complaint("\(error.message); give another path at control, or null", status: .unavailable)
        }
        return server
    }

    private static func open(_ file: String) async throws(Complaint) -> SQLiteStore {
        do throws(StoreError) {
            return try await SQLiteStore(path: file)
        } catch {
            throw Complaint("\(error)", status: .inputOutput)
        }
    }
}

/// Reads the configuration again whenever SIGHUP comes. Belongs to the loop.
private actor Reloading {
    private let loop: EventLoop
    private let path: String
    private let gateway: ConfiguredGateway
    private let log: LogWriter
    private var watch: SignalWatch?
    private var isUnderWay = false
    /// Another signal came meanwhile: the file may have changed since it was read.
    private var isWantedAgain = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(on loop: EventLoop, path: String, gateway: ConfiguredGateway, log: LogWriter) {
        self.loop = loop
        self.path = path
        self.gateway = gateway
        self.log = log
    }

    func begin() throws(NetworkError) {
        watch = try loop.onSignal(SIGHUP) { [self] in assumeIsolated { $0.signalled() } }
    }

    func end() {
        watch?.close()
        watch = nil
    }

    private func signalled() {
        isWantedAgain = true
        guard !isUnderWay else { return }
        isUnderWay = true
        Task {
            while isWantedAgain {
                isWantedAgain = false
                await reload()
            }
            isUnderWay = false
        }
    }

    private func reload() async {
        // Reading blocks, for a moment: not on the loop.
        let path = path
        let result = await Task.detached { () -> Result<GatewayConfiguration.Loaded, InvalidConfiguration> in
            do throws(InvalidConfiguration) {
                return .success(try GatewayConfiguration.load(path))
            } catch {
                return .failure(error)
            }
        }.value
        switch result {
        case .success(let loaded):
            for warning in loaded.warnings {
                tell(.warning, "the configuration is remarkable", warning.description)
            }
            do throws(GatewayError) {
                try await gateway.apply(loaded.configuration)
            } catch {
                tell(.error, "the new configuration is not used", "\(error)")
            }
        case .failure(let error):
            for line in error.description.split(separator: "\n") {
                tell(.error, "the new configuration is not used; the old one stays", String(line))
            }
        }
    }

    private func tell(_ level: LogLevel, _ message: String, _ reason: String) {
        log.write(
            GatewayLogEntry(
                at: loop.wallClockMilliseconds, level: level, message: message, fields: [("reason", reason)]))
    }
}
