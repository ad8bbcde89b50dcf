import Foundation
import Holdfast
import HoldfastGateway

/// Writes log entries to standard error, a line each: for people, or JSON. From any thread.
struct LogWriter: Sendable {
    private let format: GatewayConfiguration.Log.Format
    private let least: Int

    init(_ log: GatewayConfiguration.Log) {
        format = log.format
        least = LogLevel.allCases.firstIndex { $0.rawValue == log.level.rawValue } ?? 0
    }

    func write(_ entry: GatewayLogEntry) {
        guard let level = LogLevel.allCases.firstIndex(of: entry.level), level >= least else { return }
        StandardError.write(format == .json ? json(entry) : text(entry))
    }

    /// One object, with the fields beside `at`, `level` and `message`.
    private func json(_ entry: GatewayLogEntry) -> String {
        let line = JSONWriter.object([
            "at": .integer(entry.at), "level": .string(entry.level.rawValue), "message": .string(entry.message),
        ])
        let whole = entry.fields.reduce(line) { JSONWriter.joined($0, JSONWriter.object([$1.name: .string($1.value)])) }
        return String(decoding: whole, as: UTF8.self)
    }

    /// `2026-11-29T05:36:29.123Z info transition account=bot-1 id=T03 …`
    private func text(_ entry: GatewayLogEntry) -> String {
        let date = Date(milliseconds: entry.at)
        let time = date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        let fields = entry.fields.map { field in
            let value = field.value.onOneLine
            let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") }
            return " \(field.name)=" + (isPlain ? value : "\"\(value.replacing("\"", with: "'"))\"")
        }
        return "\(time)Z \(entry.level.rawValue) \(entry.message.onOneLine)\(fields.joined())"
    }
}
