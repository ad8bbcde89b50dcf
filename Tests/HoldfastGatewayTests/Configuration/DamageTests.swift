import Testing

@testable import HoldfastGateway

/// Whatever the file holds, the reader answers with a configuration or with problems at places of the file.
@Suite("Damaged configurations")
struct DamageTests {
    /// More in the optimised run.
    #if DEBUG
        private static let rounds = 1_500
    #else
        private static let rounds = 100_000
    #endif

    /// SplitMix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    /// Whether it was refused.
    @discardableResult
    private func read(_ bytes: [UInt8], _ what: @autoclosure () -> String) -> Bool {
        do throws(InvalidConfiguration) {
            _ = try GatewayConfiguration.read(
                bytes, file: "x", folder: "/conf", surroundings: ConfigurationFixture.surroundings)
            return false
        } catch {
            let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            #expect(!error.problems.isEmpty && error.problems.count <= 50, "\(what())")
            for problem in error.problems {
                let isInside = (1...lines.count).contains(problem.line)
                #expect(
                    isInside && (1...lines[problem.line - 1].count + 1).contains(problem.column),
                    "\(what()): \(problem)")
                #expect(!problem.message.isEmpty && problem.message.utf8.count < 1000, "\(what()): \(problem)")
            }
            return true
        }
    }

    @Test("cut off anywhere, they are refused")
    func truncation() {
        let bytes = Array(ConfigurationFixture.full.utf8)
        for count in 0..<bytes.count {
            #expect(read(Array(bytes[..<count]), "cut to \(count)"), "cut to \(count)")
        }
    }

    @Test("with any byte left out, doubled or changed, they are read or refused in order")
    func flips() {
        var generator = Generator(state: 20)
        let bytes = Array(ConfigurationFixture.full.utf8)
        var refused = 0
        for round in 0..<Self.rounds {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<damaged.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: damaged.remove(at: place)
                case 1: damaged.insert(damaged[place], at: place)
                case 2: damaged[place] = damaged[Int.random(in: 0..<damaged.count, using: &generator)]
                default: damaged[place] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            if read(damaged, "round \(round): \(String(decoding: damaged, as: UTF8.self))") { refused += 1 }
        }
        #expect(refused > Self.rounds / 2 && refused < Self.rounds)
    }

    @Test("of brackets and quotes alone, they are refused")
    func soup() {
        var generator = Generator(state: 21)
        let pieces = ["{", "}", "[", "]", ":", ",", "\"", "\"a\"", "1", "null", "\\", "\n", "\"servers\"", "é", "//"]
        for round in 0..<4000 {
            let count = Int.random(in: 0...12, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            #expect(read(Array(text.utf8), "round \(round): \(text)"), "round \(round): \(text)")
        }
    }
}
