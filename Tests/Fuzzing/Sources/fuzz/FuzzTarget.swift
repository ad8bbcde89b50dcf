import Foundation

/// One thing that reads what others wrote, and what must hold of it whatever the bytes are.
struct FuzzTarget: Sendable {
    var name: String
    /// What is read, in a few words.
    var summary: String
    /// The longest input worth trying, in bytes.
    var maximumBytes: Int
    /// Tokens that mutations should put in.
    var dictionary: [String]
    /// Inputs to begin with: made here, and of the recordings where they are at hand.
    var seeds: @Sendable () -> [[UInt8]]
    /// Reads the input; stops the process (``Violation``) where something does not hold.
    var run: @Sendable (UnsafeBufferPointer<UInt8>) -> Void

    static let all: [FuzzTarget] = [
        .clientHandshake, .serverHandshake, .decoder, .event, .answer, .configuration, .gatewayConfiguration,
        .storeRows, .storeFile,
    ]
}

/// A property that does not hold. It ends the process by a trap, which is how libFuzzer learns of it.
enum Violation {
    static func check(_ holds: Bool, _ what: @autoclosure () -> String) {
        if holds { return }
        // Optimised code drops the words of a trap.
        FileHandle.standardError.write(Data("violation: \(what())\n".utf8))
        preconditionFailure("see above")
    }
}
