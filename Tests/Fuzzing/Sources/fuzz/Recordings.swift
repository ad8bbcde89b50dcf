import Foundation

/// What a real server sent, where the recordings are at hand: `HOLDFAST_RECORDINGS`, or `shared/recordings` beside the
/// checkout. They only become seeds in a folder outside the repository; they hold people's words.
enum Recordings {
    private static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["HOLDFAST_RECORDINGS"] { return URL(fileURLWithPath: path) }
        return URL(fileURLWithPath: "../shared/recordings")
    }()

    /// Every text of the recordings that looks like a frame.
    static var frames: [[UInt8]] {
        texts.filter { $0.hasPrefix("{\"event\"") || $0.hasPrefix("{\"status\"") || $0.hasPrefix("{\"seq_reply\"") }
            .map { Array($0.utf8) }
    }

    /// The answers of the REST API: status and body.
    static var answers: [(name: String, status: Int, body: [UInt8])] {
        guard let answers = json("rest_answers.json") as? [String: [String: Any]] else { return [] }
        return answers.sorted { $0.key < $1.key }.compactMap { name, answer in
            guard let status = answer["status"] as? Int, let value = answer["body"],
                let body = try? JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)
            else { return nil }
            return (name, status, Array(body))
        }
    }

    private static var texts: [String] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        return names.flatMap { name -> [String] in
            guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else { return [] }
            let documents = name.hasSuffix(".jsonl") ? data.split(separator: 0x0A) : [data]
            return documents.flatMap { document in
                let value = try? JSONSerialization.jsonObject(with: document)
                // The files of single events hold the frames themselves.
                if name.hasPrefix("event_"), let list = value as? [Any] {
                    return list.compactMap { element in
                        (try? JSONSerialization.data(withJSONObject: element, options: .sortedKeys))
                            .map { String(decoding: $0, as: UTF8.self) }
                    } + frames(in: list)
                }
                return value.map(frames) ?? []
            }
        }
    }

    private static func frames(in value: Any) -> [String] {
        switch value {
        case let text as String: [text]
        case let list as [Any]: list.flatMap(frames)
        case let object as [String: Any]: object.sorted { $0.key < $1.key }.flatMap { frames(in: $0.value) }
        // Numbers, booleans and null.
        default: []
        }
    }

    private static func json(_ name: String) -> Any? {
        (try? Data(contentsOf: folder.appendingPathComponent(name)))
            .flatMap { try? JSONSerialization.jsonObject(with: $0) }
    }
}
