import BenchmarkKit
import Foundation
import SoakKit

/// The files of a soak. The `.jsonl` ones grow by whole lines, so that they can be read at any moment.
struct RunFolder: Sendable {
    let path: String

    init(_ path: String) { self.path = path }

    /// Makes it. Throws where it holds a soak already.
    func make() throws(Complaint) {
        guard !FileManager.default.fileExists(atPath: file("run.json")) else {
            throw Complaint("\(path) holds a soak; resume it with --resume, or name another folder with --output")
        }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for name in ["samples.jsonl", "faults.jsonl", "recoveries.jsonl"] {
                try Data().write(to: URL(fileURLWithPath: file(name)))
            }
        } catch {
            throw Complaint("\(path) cannot be made: \(error.localizedDescription)")
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Replaces the whole file at once.
    func write(_ name: String, _ value: some Encodable) throws {
        try Data((try JSONLine.text(value) + "\n").utf8).write(to: URL(fileURLWithPath: file(name)), options: .atomic)
    }

    func append(_ name: String, _ values: [some Encodable]) throws {
        guard !values.isEmpty else { return }
        var text = ""
        for value in values { text += try JSONLine.text(value) + "\n" }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file(name)))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }

    func read<Value: Decodable>(_ name: String, as type: Value.Type) throws(Complaint) -> Value {
        guard let data = FileManager.default.contents(atPath: file(name)) else {
            throw Complaint("\(path) holds no soak: it has no \(name)")
        }
        do {
            return try RunFolder.decoder.decode(type, from: data)
        } catch {
            throw Complaint("\(file(name)) cannot be read: \(error)")
        }
    }

    /// The lines that can be read: the last may be half written.
    func lines<Value: Decodable>(_ name: String, as type: Value.Type) -> [Value] {
        let text = (try? String(contentsOfFile: file(name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap {
            try? RunFolder.decoder.decode(type, from: Data($0.utf8))
        }
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
