import WorldInterface

/// One attempt's interest in a name. Loop-confined.
final class Resolution {
    typealias Completion = (Result<[SocketAddress], NetworkError>) -> Void

    private let port: UInt16
    private unowned let lookup: NameLookup
    private var completion: Completion?

    init(_ lookup: NameLookup, port: UInt16, completion: @escaping Completion) {
        self.lookup = lookup
        self.port = port
        self.completion = completion
    }

    var isWanted: Bool { completion != nil }

    /// The answer is not wanted any more. Once, and not after it came.
    func cancel() {
        guard isWanted else { return }
        completion = nil
        lookup.interestEnded()
    }

    func finish(_ result: Result<[SocketAddress], NetworkError>) {
        guard let completion else { return }
        self.completion = nil
        completion(result.map { addresses in addresses.map { $0.with(port: port) } })
    }
}
