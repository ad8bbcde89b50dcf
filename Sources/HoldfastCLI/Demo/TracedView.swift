import Holdfast
import Locking
import WorldInterface

/// Writes the demo to a trace beside showing it.
final class TracedView: DemoView {
    private let view: any DemoView
    private let file: TraceFile
    private let cause = Lock(Cause?.none)

    init(view: any DemoView, file: TraceFile) {
        self.view = view
        self.file = file
    }

    func begin(_ url: String, _ interval: Duration) { view.begin(url, interval) }

    func show(_ cause: Cause) {
        self.cause.withLock { $0 = cause }
        view.show(cause)
    }

    func mark(at instant: Instant) {
        if let cause = cause.withLock({ $0 }) { file.mark(cause.title) }
        view.mark(at: instant)
    }

    func show(_ observation: Observation, now: Instant) {
        file.write(observation)
        view.show(observation, now: now)
    }

    func show(_ result: CauseResult) { view.show(result) }

    func leave() { view.leave() }

    func end(_ results: [CauseResult]) { view.end(results) }
}
