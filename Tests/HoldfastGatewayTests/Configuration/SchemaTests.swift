import Foundation
import Testing

@testable import HoldfastGateway

/// The schema is one, for a validator by others, and that validator accepts what the reader accepts.
///
/// Compared is the shape. Not compared, because no schema can say it: keys that come twice, what secrets and other files hold,
/// references to servers and sinks, equal names or tokens of accounts, the inside of addresses, that a program is not empty,
/// and the size and depth of the file.
@Suite("Schema of the configuration")
struct SchemaTests {
    /// More in the optimised run.
    #if DEBUG
        private static let rounds = 800
    #else
        private static let rounds = 8_000
    #endif

    @Test("is JSON that is always the same, and describes every key")
    func schema() throws {
        let bytes = GatewayConfiguration.schema()
        #expect(bytes == GatewayConfiguration.schema())
        #expect(bytes.last == 0x0A && bytes.allSatisfy { $0 < 0x80 })
        let object = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(object["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        var described = 0
        func visit(_ value: Any) {
            if let array = value as? [Any] { array.forEach(visit) }
            guard let object = value as? [String: Any] else { return }
            if object["additionalProperties"] as? Bool == false, let properties = object["properties"] as? [String: Any]
            {
                for (key, property) in properties {
                    let meaning = (property as? [String: Any])?["description"] as? String ?? ""
                    #expect(meaning.hasSuffix("."), "\(key)")
                    described += 1
                }
            }
            object.values.forEach(visit)
        }
        visit(object)
        // Each sink's `type` counts for itself, and is one row of the table of keys.
        #expect(described == KeyTests.rows.count + 2)
    }

    @Test("has the defaults that the reader has")
    func defaults() throws {
        let schema = try #require(
            JSONSerialization.jsonObject(with: Data(GatewayConfiguration.schema())) as? [String: Any])
        let root = try #require(schema["properties"] as? [String: [String: Any]])
        #expect(root["store"]?["default"] as? String == "gateway.holdfast")
        #expect(root["shutdown_seconds"]?["default"] as? Int == 10)
        let servers = try #require(root["servers"]?["additionalProperties"] as? [String: Any])
        let keys = try #require(servers["properties"] as? [String: [String: Any]])
        #expect(keys["probe_interval_seconds"]?["default"] as? Int == 30)
        #expect(keys["canary"]?["default"] as? String == "suspicion")
        #expect(keys["url"]?["default"] == nil)
    }

    @Test(
        "agrees with the reader on thousands of documents, for jsonschema",
        .enabled(if: SchemaValidator.found != nil, "jsonschema is not here: .ci/setup --all"))
    func agreement() async throws {
        let validator = try #require(SchemaValidator.found)
        var mutations = DocumentMutations(seed: 7)
        let base = try JSONTree(SourceText(Array(ConfigurationFixture.full.utf8))).root
        var documents = [
            ConfigurationFixture.full, ConfigurationFixture.minimal, GatewayConfiguration.sample, "[]", "1", "null",
        ]
        documents += KeyTests.rows.flatMap { row in
            (row.good + row.bad).filter { !$0.contains("1e400") }
                .map { ConfigurationFixture.marked(row.document).text.replacing("@", with: $0) }
        }
        for round in 0..<Self.rounds { documents.append(mutations.mutated(base, times: 1 + round % 3)) }
        let verdicts = try await validator.verdicts(
            schema: String(decoding: GatewayConfiguration.schema(), as: UTF8.self), documents: documents)
        #expect(verdicts.count == documents.count)
        var accepted = 0
        for (document, verdict) in zip(documents, verdicts) {
            let isAccepted = GatewayConfiguration.hasShape(Array(document.utf8))
            if isAccepted { accepted += 1 }
            #expect(isAccepted == (verdict == "valid"), "\(verdict): \(document)")
        }
        // Else the comparison would say little.
        #expect(accepted > 200 && documents.count - accepted > 700, "\(accepted) of \(documents.count)")
        #expect(verdicts[..<3].allSatisfy { $0 == "valid" })
    }
}

/// Changes documents at random, to good ones and to bad ones.
private struct DocumentMutations {
    private var state: UInt64
    private let words = [
        "", "x", "a.b", "a b", "a\n", "\n", "ä", "none", "json", "info", "stdout", "command", "webhook", "https://a",
        "HTTPS://a",
        "http://", "127.0.0.1:1", "A_1", "1A", "a\u{7F}", "a\u{0}b", "a\u{A0}b", "\u{1F600}", "$schema",
        String(repeating: "n", count: 64), String(repeating: "n", count: 65), String(repeating: "\u{1F600}", count: 64),
        String(repeating: "p", count: 4096), String(repeating: "p", count: 4097),
    ]
    private let numbers: [Double] = [
        0, 1, -1, 0.1, 0.09, 0.01, 0.5, 2, 2.5, 64, 65, 256, 257, 3600, 3600.5, 86_400, 86_401, 100_000, 100_001, 1e9,
        1e300,
    ]

    init(seed: UInt64) { state = seed }

    private mutating func draw(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % count
    }

    mutating func mutated(_ document: JSONNode, times: Int) -> String {
        var document = document
        for _ in 0..<times { document = mutated(document) }
        return Self.text(document)
    }

    private mutating func mutated(_ value: JSONNode) -> JSONNode {
        var value = value
        switch value.content {
        case .object(var members):
            let choice = draw(12)
            if members.isEmpty || choice == 0 {
                members.removeAll { $0.key == "new" }
                members.append(.init(key: "new", keyOffset: 0, value: scalar()))
            } else if choice == 1 {
                members.remove(at: draw(members.count))
            } else if choice == 2 {
                let key = draw(2) == 0 ? words[draw(words.count)] : members[draw(members.count)].key + "s"
                if !members.contains(where: { $0.key == key }) { members[draw(members.count)].key = key }
            } else if choice == 3 {
                let known = [
                    "token_file", "token_env", "secret_env", "timeout_seconds", "proxy", "ca_file", "environment",
                ]
                let key = known[draw(known.count)]
                members.removeAll { $0.key == key }
                members.append(.init(key: key, keyOffset: 0, value: scalar()))
            } else {
                let index = draw(members.count)
                members[index].value = mutated(members[index].value)
            }
            value.content = .object(members)
        case .list(var elements):
            let choice = draw(6)
            if elements.isEmpty || choice == 0 {
                elements.append(scalar())
            } else if choice == 1 {
                elements.remove(at: draw(elements.count))
            } else if choice == 2 {
                elements.append(elements[draw(elements.count)])
            } else {
                let index = draw(elements.count)
                elements[index] = mutated(elements[index])
            }
            value.content = .list(elements)
        case .null, .flag, .number, .text: value = scalar(like: value)
        }
        return value
    }

    private mutating func scalar(like value: JSONNode? = nil) -> JSONNode {
        var choice = draw(8)
        // Mostly of the same kind: another one is refused at once.
        if let value, draw(3) > 0 { choice = value.text == nil ? 1 : 0 }
        let content: JSONNode.Content =
            switch choice {
            case 0, 6: .text(words[draw(words.count)])
            case 1, 7: .number(numbers[draw(numbers.count)])
            case 2: .null
            case 3: .flag(draw(2) == 0)
            case 4: .list([])
            default: .object([])
            }
        return JSONNode(content: content, offset: 0)
    }

    private static func text(_ value: JSONNode) -> String {
        switch value.content {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        // Swift's form of a number is JSON's as well.
        case .number(let number): "\(number)"
        case .text(let text): quoted(text)
        case .list(let elements): "[\(elements.map { Self.text($0) }.joined(separator: ", "))]"
        case .object(let members):
            "{\(members.map { "\(quoted($0.key)): \(Self.text($0.value))" }.joined(separator: ", "))}"
        }
    }

    private static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "\0"..<" ": "\\u00\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
            default: String(scalar)
            }
        }
        return "\"\(scalars.joined())\""
    }
}
