import ConnectionLifecycle
import Foundation

/// Why a trace cannot be drawn.
public struct InvalidTrace: Error, Equatable, CustomStringConvertible {
    /// From 1; nil where it is about the whole.
    public var line: Int?
    public var message: String

    public var description: String { line.map { "line \($0): \(message)" } ?? message }
}

extension RecordedTrace {
    /// The largest file that is read, in bytes.
    public static let largestFile = 256 << 20
    /// The longest line that is read, in bytes.
    public static let longestLine = 1 << 20
    /// How many lines that mean something are kept.
    public static let mostRecords = 1_000_000
    /// How many connections one file may tell of.
    public static let mostConnections = 64

    /// Reads JSON Lines as `Holdfast.Trace` and `holdfast watch --json` write them. The bytes may come from anybody.
    ///
    /// - Throws: `InvalidTrace`, with the line: where a line is no JSON object or misses a member, where an id is none of the
    ///   table or does not agree with `from`, `event` and `to`, where a transition does not begin where the one before ended,
    ///   and where a bound is exceeded. Lines of an unknown type are counted and skipped.
    public init(_ bytes: Data, table: TransitionTable = .standard) throws(InvalidTrace) {
        var reader = TraceReader(table: table)
        try reader.read(bytes)
        self = reader.trace
    }
}

/// Reads line by line.
private struct TraceReader {
    let table: TransitionTable
    private let rows: [String: Row]
    private(set) var trace = RecordedTrace(tracks: [], digest: nil, skipped: [:], cut: nil, clockSteps: 0)
    private var places: [String?: Place] = [:]
    private var records = 0
    private var line = 0
    /// Milliseconds since 1970 of the first line that has a time.
    private var origin: Int64?
    private var now: Int64 = 0
    private let decoder = JSONDecoder()

    /// How far one connection has come.
    private struct Place {
        var index: Int
        var state: State?
        var generation = 0
    }

    init(table: TransitionTable) {
        self.table = table
        rows = Dictionary(table.rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func read(_ bytes: Data) throws(InvalidTrace) {
        guard bytes.count <= RecordedTrace.largestFile else {
            throw InvalidTrace(message: "the trace is larger than \(RecordedTrace.largestFile >> 20) MB; cut it")
        }
        for text in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            line += 1
            let text = text.last == 0x0D ? text.dropLast() : text
            if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
            guard text.count <= RecordedTrace.longestLine else {
                throw fault("longer than \(RecordedTrace.longestLine >> 20) MB; this is no line of a trace")
            }
            try read(line: text)
        }
        guard trace.tracks.contains(where: { $0.records.contains(where: \.isTransition) }) else {
            throw InvalidTrace(
                message: "there is no transition in it; is this a trace? `holdfast watch --trace` writes one")
        }
    }

    private func fault(_ message: String) -> InvalidTrace { InvalidTrace(line: line, message: message) }

    // MARK: - One line

    private struct Typed: Decodable {
        var type: String
    }

    private mutating func read(line bytes: Data) throws(InvalidTrace) {
        let type = try decode(Typed.self, bytes).type
        switch type {
        case "trace":
            let head = try decode(Head.self, bytes)
            guard line == 1 || (records == 0 && trace.digest == nil) else {
                throw fault("a second trace begins here; give each trace a file of its own")
            }
            guard head.version == 1 else {
                throw fault("this is version \(head.version) of the format; only 1 is known here")
            }
            trace.digest = head.table.map { String($0.prefix(64)) }
        case "transition":
            let member = try decode(Transition.self, bytes)
            try add(try transition(member), member.connection, at: member.at, member.generation)
        case "verdict":
            let member = try decode(Verdict.self, bytes)
            guard let outcome = RecordedTrace.Outcome(rawValue: member.verdict) else {
                throw fault("\(quote(member.verdict)) is no verdict; it is alive, deaf or inconclusive")
            }
            let content = RecordedTrace.Content.verdict(
                outcome: outcome, check: short(member.check), detail: short(member.detail))
            try add(content, member.connection, at: member.at, member.generation)
        case "catch_up":
            let member = try decode(CatchUp.self, bytes)
            guard let phase = RecordedTrace.Phase(rawValue: member.phase) else {
                throw fault("\(quote(member.phase)) is no phase of catching up")
            }
            let content = RecordedTrace.Content.catchUp(
                phase: phase, channels: member.channels, done: member.channelsDone, deliveries: member.deliveries,
                reason: short(member.reason ?? ""))
            try add(content, member.connection, at: member.at, member.generation)
        case "log":
            let member = try decode(Log.self, bytes)
            let content = RecordedTrace.Content.log(level: short(member.level), message: short(member.message))
            try add(content, member.connection, at: member.at, member.generation ?? 0)
        case "event", "delivery":
            // `holdfast watch --json` gives events no time: then they stand where they came in.
            let member = try decode(Event.self, bytes)
            try add(.event(short(member.event)), member.connection, at: member.at, 0)
        case "mark":
            let member = try decode(Mark.self, bytes)
            try add(.mark(short(member.text)), member.connection, at: member.at, 0)
        case "end": trace.cut = short(try decode(End.self, bytes).reason ?? "")
        default:
            // So many types no program has; the rest counts as one.
            let name = trace.skipped.count < 100 || trace.skipped[type] != nil ? short(type, 40) : "…"
            trace.skipped[name, default: 0] += 1
        }
    }

    private func decode<Line: Decodable>(_ type: Line.Type, _ bytes: Data) throws(InvalidTrace) -> Line {
        do {
            return try decoder.decode(type, from: bytes)
        } catch DecodingError.keyNotFound(let key, _) {
            throw fault("\(quote(key.stringValue)) is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            guard let key = context.codingPath.last else { throw fault("this is no JSON object") }
            throw fault("\(quote(key.stringValue)) has a value of the wrong kind")
        } catch {
            throw fault("this is no JSON object")
        }
    }

    // MARK: - Checks

    private func transition(_ member: Transition) throws(InvalidTrace) -> RecordedTrace.Content {
        guard let row = rows[member.id] else {
            throw fault("\(quote(member.id)) is no row of this table\(versions)")
        }
        guard row.from.name == member.from, row.event.name == member.event, let to = row.to, to.name == member.to else {
            let here = row.to.map { "\(row.from.name) → \($0.name)" } ?? "\(row.from.name), ignored"
            throw fault(
                "\(row.id) is \(here) on \(row.event.name) in this table, not "
                    + "\(quote(member.from)) → \(quote(member.to)) on \(quote(member.event))\(versions)")
        }
        return .transition(row, reason: short(member.reason ?? ""))
    }

    /// What to say where a trace may come from another version.
    private var versions: String {
        let digest = table.digest
        guard let recorded = trace.digest else {
            return "; the trace does not say which table it is of, this one is \(digest)"
        }
        return recorded == digest
            ? "" : "; the trace is of table \(short(recorded, 32)), this one is \(digest): draw it with that version"
    }

    private mutating func add(
        _ content: RecordedTrace.Content, _ name: String?, at: Int64?, _ generation: Int
    ) throws(InvalidTrace) {
        records += 1
        guard records <= RecordedTrace.mostRecords else {
            throw fault("more than \(RecordedTrace.mostRecords) records; cut the trace")
        }
        guard (0...Int(UInt32.max)).contains(generation) else {
            throw fault("“generation” is from 0 to \(UInt32.max)")
        }
        if let at {
            // The year 9999 ends the range in which differences cannot overflow.
            guard (0...253_402_300_800_000).contains(at) else { throw fault("“at” is milliseconds since 1970") }
            if origin == nil { origin = at }
            let time = at - (origin ?? at)
            if time < now { trace.clockSteps += 1 }
            now = max(now, time)
        }
        let name = name.map { short($0, 60) }
        var place = try place(of: name)
        if case .transition(let row, _) = content {
            if let state = place.state {
                guard state == row.from else {
                    throw fault(
                        "\(row.id) begins in \(row.from.name), but the path had come to \(state.name): lines are missing"
                    )
                }
                let expected = place.generation + (row.actions.contains(.beginAttempt) ? 1 : 0)
                guard generation == expected else {
                    throw fault("\(row.id) is of attempt \(generation), but the path had come to attempt \(expected)")
                }
            }
            place.state = row.to
            place.generation = generation
        }
        places[name] = place
        trace.tracks[place.index].records.append(
            .init(line: line, time: now, generation: generation, content: content))
    }

    private mutating func place(of name: String?) throws(InvalidTrace) -> Place {
        if let place = places[name] { return place }
        guard places.count < RecordedTrace.mostConnections else {
            throw fault("more than \(RecordedTrace.mostConnections) connections in one trace")
        }
        trace.tracks.append(.init(name: name))
        return Place(index: trace.tracks.count - 1)
    }

    /// Texts are shown to people; whoever wrote the file may have made them long, or full of control characters.
    private func short(_ text: String, _ limit: Int = 300) -> String { text.onOneLine(limit) }

    private func quote(_ text: String) -> String { "“\(short(text, 40))”" }

    // MARK: - Members

    private struct Head: Decodable {
        var version: Int
        var table: String?
    }

    private struct Transition: Decodable {
        var at: Int64
        var generation: Int
        var id, from, event, to: String
        var reason, connection: String?
    }

    private struct Verdict: Decodable {
        var at: Int64
        var generation: Int
        var verdict, check, detail: String
        var connection: String?
    }

    private struct CatchUp: Decodable {
        var at: Int64
        var generation: Int
        var phase: String
        var channels, channelsDone, deliveries: Int
        var reason, connection: String?

        enum CodingKeys: String, CodingKey {
            case at, generation, phase, channels, deliveries, reason, connection
            case channelsDone = "channels_done"
        }
    }

    private struct Log: Decodable {
        var at: Int64
        var generation: Int?
        var level, message: String
        var connection: String?
    }

    private struct Event: Decodable {
        var at: Int64?
        var event: String
        var connection: String?
    }

    private struct Mark: Decodable {
        var at: Int64
        var text: String
        var connection: String?
    }

    private struct End: Decodable {
        var reason: String?
    }
}

extension RecordedTrace.Record {
    var isTransition: Bool {
        if case .transition = content { true } else { false }
    }
}

extension String {
    /// For a picture or a terminal: no control characters, and no more than `limit` characters.
    func onOneLine(_ limit: Int) -> String {
        let cut = unicodeScalars.prefix(limit * 4).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            // XML 1.0 has no place for most of these, not even escaped; the two beyond are no characters at all.
            case .control, .lineSeparator, .paragraphSeparator, .format, .unassigned, .privateUse, .surrogate: " "
            default: scalar
            }
        }
        let text = String(String.UnicodeScalarView(cut))
        return text.count <= limit && cut.count == unicodeScalars.count ? text : String(text.prefix(limit - 1)) + "…"
    }
}
