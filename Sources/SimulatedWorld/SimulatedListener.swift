import WorldInterface

final class SimulatedListener: Listener {
    let host: SimulatedHost
    private let address: Endpoint
    let accept: (any ByteStream) -> (any StreamHandler)?
    var port: UInt16 { address.port }

    init(_ host: SimulatedHost, _ address: Endpoint, _ accept: @escaping (any ByteStream) -> (any StreamHandler)?) {
        self.host = host
        self.address = address
        self.accept = accept
    }

    func close() {
        if host.simulation.listeners[address] === self { host.simulation.listeners[address] = nil }
    }
}
