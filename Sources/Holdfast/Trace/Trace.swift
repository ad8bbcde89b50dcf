internal import ConnectionLifecycle

/// Writes what is seen of a connection as JSON Lines, which `charts trace FILE` draws: the way through the state chart, a
/// sequence chart, a timeline, and slices for Perfetto.
///
/// ```swift
/// let trace = Trace(hiding: [server.host])
/// file.write(trace.head)
/// for await observation in connection.observations() { file.write(trace.line(observation)) }
/// ```
///
/// Or, after something went wrong, `trace.text(of: await connection.history)`: the flight recorder's last transitions.
///
/// Each line is one JSON object that ends with a line feed. All have `type`; all but the first have `at`, milliseconds since
/// 1970 (UTC) by the clock of this machine, and, where an attempt is meant, `generation`, its number from 1 (0: before it).
///
/// | `type` | further members |
/// | --- | --- |
/// | `trace` | `version` (of this format, 1), `table` (the digest of the transition table) |
/// | `transition` | `id`, `from`, `event`, `to` as in the state chart; `reason` |
/// | `verdict` | `verdict` (`alive`, `deaf`, `inconclusive`), `check`, `detail` |
/// | `catch_up` | `phase` (`began`, `running`, `waiting`, `finished`), `wait_s` (seconds, null unless it waits), `channels`, `channels_done`, `deliveries`, `reason` |
/// | `log` | `level`, `message` |
/// | `event` | `event`: what the service calls it, without its content; `seq` |
/// | `mark` | `text`: what else happened then, in the words of whoever writes the trace |
/// | `end` | `reason`: why the trace ends before the connection does |
///
/// Where `connection` is set, each line names it. A reader skips types that it does not know.
///
/// A trace names no server and no secret: the texts come from the engine, which never puts a credential into one; addresses
/// and URLs in them, and the words of `hidden`, are replaced by `<hidden>`; a text ends after `longestText` characters.
///
/// A value; use it from anywhere.
public struct Trace: Sendable {
    /// Of the format: grows when a member changes its meaning, not when one is added.
    public static let version = 1
    /// Of one text, in characters.
    public static let longestText = 1000

    /// Tells several connections in one file apart; nil where there is only one.
    public var connection: String?
    /// Words that must not be in the trace, such as the name of the server.
    public var hidden: [String]

    public init(connection: String? = nil, hiding hidden: [String] = []) {
        self.connection = connection
        self.hidden = hidden
    }

    /// The first line of a file.
    public var head: [UInt8] {
        JSONWriter.line([
            "type": .string("trace"), "version": .integer(Int64(Trace.version)),
            "table": .string(TransitionTable.standard.digest),
        ])
    }

    /// What was seen of the connection.
    public func line(_ observation: Observation) -> [UInt8] {
        switch observation {
        case .transition(var record):
            record.reason = clean(record.reason)
            return named(TraceLine.line(record))
        case .verdict(var record):
            record.verdict.check = clean(record.verdict.check)
            record.verdict.detail = clean(record.verdict.detail)
            return named(TraceLine.line(record))
        case .catchUp(var record):
            record.reason = clean(record.reason)
            return named(TraceLine.line(record))
        case .log(var entry):
            entry.message = clean(entry.message)
            return named(TraceLine.line(entry))
        }
    }

    /// An event of the service, without its content.
    ///
    /// - Parameter at: milliseconds since 1970 (UTC).
    public func event(_ name: String, sequence: Int64, at: Int64) -> [UInt8] {
        named(
            JSONWriter.line([
                "type": .string("event"), "at": .integer(at), "event": .string(clean(name)), "seq": .integer(sequence),
            ]))
    }

    /// Anything else that belongs into the picture.
    ///
    /// - Parameter at: milliseconds since 1970 (UTC).
    public func mark(_ text: String, at: Int64) -> [UInt8] {
        named(JSONWriter.line(["type": .string("mark"), "at": .integer(at), "text": .string(clean(text))]))
    }

    /// The last line of a file that ends before the connection does.
    ///
    /// - Parameter at: milliseconds since 1970 (UTC).
    public func end(_ reason: String, at: Int64) -> [UInt8] {
        JSONWriter.line(["type": .string("end"), "at": .integer(at), "reason": .string(clean(reason))])
    }

    /// A whole file: the head, and what the flight recorder holds (`Connection.history`).
    public func text(of history: [TransitionRecord]) -> [UInt8] {
        history.reduce(into: head) { $0 += line(.transition($1)) }
    }

    /// With the name of the connection.
    private func named(_ line: [UInt8]) -> [UInt8] {
        guard let connection else { return line }
        return line.dropLast(2) + [UInt8(ascii: ",")]
            + JSONWriter.line(["connection": .string(clean(connection))]).dropFirst()
    }

    private func clean(_ text: String) -> String { CleanText.of(text, hiding: hidden, limit: Trace.longestText) }
}
