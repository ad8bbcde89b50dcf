public import HoldfastMattermost

/// Writes each delivery as a line of JSON. What is written counts as handled.
public struct StandardOutputSink: DeliveryHandler {
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameter write: writes whole lines, from any thread; blocks while the reader does not read, and with it the accounts
    ///   of this sink.
    public init(write: @escaping @Sendable ([UInt8]) -> Void) { self.write = write }

    public func handle(_ delivery: Delivery, of account: AccountReference) async throws {
        write(SinkLine.line(delivery, of: account.name))
    }
}
