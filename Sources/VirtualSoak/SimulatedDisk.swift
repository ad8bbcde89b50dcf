import Holdfast
import SimulatedWorld
import WorldInterface

/// What a gateway keeps across its crashes, and what can go wrong with it. A process opens it through `DiskStore`.
final class SimulatedDisk: @unchecked Sendable {
    // Sound as Sendable: see Simulation.
    let contents = MemoryStore()
    /// Steps until the process is killed in the middle of one; nil for never.
    var stepsUntilCrash: Int?
    /// Whether the step has had its effect when that happens.
    var crashesAfterEffect = false
    /// Steps that fail from now on.
    var failures = 0
    /// Virtual time that a step takes.
    var latency = Duration.microseconds(80)
    var onCrash: () -> Void = {}
}

/// The store of one process.
struct DiskStore: DeliveryStore {
    let disk: SimulatedDisk
    let host: SimulatedHost

    func open(_ mailbox: String) async throws(StoreError) -> any Mailbox {
        let inside = try await disk.contents.open(mailbox)
        return DiskMailbox(disk: disk, host: host, inside: inside)
    }
}

private struct DiskMailbox: Mailbox {
    let disk: SimulatedDisk
    let host: SimulatedHost
    let inside: any Mailbox
    var state: MailboxState { inside.state }

    func commit(_ batch: MailboxBatch) async throws(StoreError) {
        try await begin()
        try await inside.commit(batch)
        await end()
    }

    func acknowledge(_ number: Int64) async throws(StoreError) {
        try await begin()
        try await inside.acknowledge(number)
        await end()
    }

    func unacknowledged(after number: Int64, limit: Int) async throws(StoreError) -> [StoredDelivery] {
        try await begin()
        return try await inside.unacknowledged(after: number, limit: limit)
    }

    /// Before the step has its effect.
    private func begin() async throws(StoreError) {
        if disk.latency > .microseconds(100) { try? await host.sleep(for: disk.latency) }
        if let left = disk.stepsUntilCrash {
            disk.stepsUntilCrash = left - 1
            if left <= 0, !disk.crashesAfterEffect { await die() }
        }
        guard disk.failures > 0 else { return }
        disk.failures -= 1
        throw StoreError(.failed, "the simulated disk failed")
    }

    /// After it.
    private func end() async {
        if let left = disk.stepsUntilCrash, left < 0 { await die() }
    }

    /// The process is killed; this never returns.
    private func die() async {
        disk.stepsUntilCrash = nil
        disk.onCrash()
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
}
