import ConnectionLifecycle
import Foundation

/// What the chart shows of a soak's `summary.json`.
public struct SoakSummary: Sendable, Equatable {
    /// How often each row was taken, by id.
    public var edges: [String: Int]
    /// Summed over the connections, by state; empty where the file does not tell.
    public var secondsInState: [String: Double]

    /// The edges, for a program.
    public var json: String { edges.jsonText() }

    /// The largest file that is read, in bytes.
    public static let largestFile = 64 << 20

    /// - Throws: `InvalidTrace` where it is no such file, or names rows that are none of the table.
    public init(_ bytes: Data, table: TransitionTable = .standard) throws(InvalidTrace) {
        guard bytes.count <= SoakSummary.largestFile else {
            throw InvalidTrace(
                message: "larger than \(SoakSummary.largestFile >> 20) MB; this is no soak's summary.json")
        }
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: bytes)
        } catch DecodingError.keyNotFound(let key, _) {
            throw InvalidTrace(message: "\(key.stringValue) is missing; is this a soak's summary.json?")
        } catch {
            throw InvalidTrace(message: "this is no soak's summary.json")
        }
        guard file.schema == 1 else {
            throw InvalidTrace(message: "schema \(file.schema) of summary.json; only 1 is known here")
        }
        let known = Set(table.rows.filter { $0.to != nil }.map(\.id))
        let strange = file.edges.keys.filter { !known.contains($0) }.sorted()
        guard strange.isEmpty else {
            let names = strange.prefix(3).map { $0.onOneLine(20) }.joined(separator: ", ")
            throw InvalidTrace(message: "\(names): no transitions of this table; draw it with the version that soaked")
        }
        guard file.edges.values.allSatisfy({ $0 >= 0 }) else { throw InvalidTrace(message: "a count is negative") }
        guard file.edges.values.contains(where: { $0 > 0 }) else {
            throw InvalidTrace(message: "no transition was counted yet; let the soak run on")
        }
        edges = file.edges
        let states = Set(State.allCases.map(\.name))
        secondsInState = (file.occupancy ?? [:]).filter {
            states.contains($0.key) && $0.value >= 0 && $0.value.isFinite
        }
    }

    private struct File: Decodable {
        var schema: Int
        var edges: [String: Int]
        var occupancy: [String: Double]?

        enum CodingKeys: String, CodingKey {
            case schema, edges
            case occupancy = "occupancy_s"
        }
    }
}
