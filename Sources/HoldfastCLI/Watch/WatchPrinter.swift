import Foundation
import Holdfast
import HoldfastMattermost

/// How a watch shows what it sees.
protocol WatchPrinter: Sendable {
    func begin(_ server: ServerURL)
    func show(_ observation: Observation)
    func show(_ event: MattermostEvent)
    func show(_ delivery: Delivery)
}

/// For machines.
struct JSONPrinter: WatchPrinter {
    func begin(_ server: ServerURL) {}

    func show(_ observation: Observation) {
        if let line = RecordLines.line(observation) { StandardOutput.write(line) }
    }

    func show(_ event: MattermostEvent) { StandardOutput.write(RecordLines.line(event)) }

    func show(_ delivery: Delivery) { StandardOutput.write(delivery.line) }
}

/// For people.
struct TextPrinter: WatchPrinter {
    let style: Style

    func begin(_ server: ServerURL) {
        StandardOutput.write("\(style.paint("Watching \(server)", .bold)); Ctrl-C ends it.\n\n")
    }

    func show(_ observation: Observation) {
        let records = RecordText(style: style)
        switch observation {
        case .transition(let record): write(record.at, records.text(record))
        case .verdict(let record): write(record.at, records.text(record))
        case .catchUp(let record): write(record.at, records.text(record))
        case .log: break  // A diagnostic.
        }
    }

    func show(_ event: MattermostEvent) { write(nil, EventText(style: style).text(event)) }

    func show(_ delivery: Delivery) { write(nil, EventText(style: style).text(delivery)) }

    private func write(_ milliseconds: Int64?, _ text: String) {
        let date = milliseconds.map { Date(milliseconds: $0) } ?? Date()
        StandardOutput.write("\(style.paint(date.clockText, .dim))  \(text)\n")
    }
}
