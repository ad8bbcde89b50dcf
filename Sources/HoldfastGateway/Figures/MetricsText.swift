internal import ConnectionLifecycle
internal import Holdfast

/// What a gateway counts, as text for Prometheus and its like. The same figures always give the same text; both formats have
/// the same series.
struct MetricsText {
    /// All of the gateway.
    var figures: GatewayFigures
    /// Of each loop, in order.
    var byLoop: [GatewayFigures]
    /// Attempts that wait for their turn, by the server's host and port.
    var waitingAttempts: [(server: String, count: Int)]
    /// Of the program; a label.
    var version: String

    func written(as format: MetricsFormat) -> String {
        var writer = MetricsWriter(format)
        writeAccounts(&writer)
        writeConnections(&writer)
        writeDeliveries(&writer)
        writer.histogram(
            "holdfast_loop_lag_seconds", "How late timers of the event loops are.",
            byLoop.enumerated().map { ([("loop", "\($0.offset)")], $0.element.loopLag) })
        writer.family("holdfast_loops", .gauge, "Event loops that the gateway runs on.")
        writer.sample("holdfast_loops", [], "\(byLoop.count)")
        writer.info(
            "holdfast_build", "The program, and the table of transitions that it executes.",
            [("table", TransitionTable.standard.digest), ("version", version)])
        return writer.finish()
    }

    private func writeAccounts(_ writer: inout MetricsWriter) {
        writer.family("holdfast_accounts", .gauge, "Accounts of the gateway by the state of their connection.")
        for state in State.allCases {
            writer.sample("holdfast_accounts", [("state", "\(state)")], "\(figures.states[state] ?? 0)")
        }
        writer.family("holdfast_waiting_attempts", .gauge, "Connection attempts that wait for their turn.")
        for waiting in waitingAttempts.sorted(by: { $0.server < $1.server }) {
            writer.sample("holdfast_waiting_attempts", [("server", waiting.server)], "\(waiting.count)")
        }
        writer.counter(
            "holdfast_restarts", "Accounts that ended by themselves and were begun anew.", [([], figures.restarts)])
    }

    private func writeConnections(_ writer: inout MetricsWriter) {
        let rows = TransitionTable.standard.rows.filter { $0.to != nil }
        writer.counter(
            "holdfast_transitions", "Transitions by the id of their row in the state chart.",
            rows.map { ([("id", $0.id)], figures.transitions[$0.id] ?? 0) })
        // All of them from the start: of a series that begins with 1, Prometheus sees no increase.
        writer.counter(
            "holdfast_reconnects", "Open connections that ended, by what ended them.",
            rows.filter(GatewayFigures.endsOpenConnection).map {
                ([("id", $0.id), ("reason", "\($0.event)")], figures.reconnects[$0.id] ?? 0)
            })
        let verdicts = figures.verdicts.sorted {
            ($0.key.check, $0.key.outcome.rawValue) < ($1.key.check, $1.key.outcome.rawValue)
        }
        writer.counter(
            "holdfast_verdicts", "Verdicts of the proofs that connections deliver.",
            verdicts.map { ([("check", $0.key.check), ("outcome", $0.key.outcome.rawValue)], $0.value) })
        writer.histogram(
            "holdfast_detection_seconds",
            "From the last proof that a connection delivers to the verdict that it does not.",
            [([], figures.detection)])
        writer.histogram(
            "holdfast_recovery_seconds",
            "From the end of an open connection to the next one.", [([], figures.recovery)])
    }

    private func writeDeliveries(_ writer: inout MetricsWriter) {
        writer.counter(
            "holdfast_deliveries", "Deliveries handled and acknowledged, by how they came.",
            DeliverySource.allCases.map { ([("source", $0.rawValue)], figures.deliveries[$0] ?? 0) })
        writer.counter("holdfast_handler_failures", "Times that a handler failed.", [([], figures.handlerFailures)])
        writer.counter("holdfast_store_failures", "Times that the store failed.", [([], figures.storeFailures)])
        writer.histogram(
            "holdfast_waiting_seconds",
            "From the arrival of a delivery to its handing over: the store, and the deliveries before it.",
            [([], figures.waiting)])
        writer.histogram(
            "holdfast_handling_seconds",
            "From the handing over of a delivery to its lasting acknowledgement.", [([], figures.handling)])
    }
}
