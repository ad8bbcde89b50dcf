import Foundation

/// Runs what blocks on a thread of its own: those of the tests' tasks are few.
func inThread(_ body: @escaping @Sendable () -> Void) { Thread(block: body).start() }

func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { done in inThread { done.resume(returning: body()) } }
}
