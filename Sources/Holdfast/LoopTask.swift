public import WorldInterface

extension World {
    /// Runs `operation` in a task on the loop, and then `completion` with its result, unless the task was cancelled
    /// meanwhile. Call it on the loop; `completion` may use loop-confined objects.
    public func run<Value: Sendable>(
        _ operation: @escaping @Sendable () async -> Value, then completion: @escaping (Value) -> Void
    ) -> Task<Void, Never> {
        let confined = LoopConfined(value: completion)
        return Task(executorPreference: executor) {
            let value = await operation()
            if !Task.isCancelled { confined.value(value) }
        }
    }
}

/// Carries something loop-confined through a task that runs on the loop.
private struct LoopConfined<Value>: @unchecked Sendable {
    // Sound as Sendable: made on the loop, and opened only by a task whose preferred executor is that loop.
    let value: Value
}
