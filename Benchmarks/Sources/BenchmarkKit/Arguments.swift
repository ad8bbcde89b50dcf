import Foundation

/// What is wrong with the arguments, and what to do; ends the process with status 64.
public struct Complaint: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Why nothing, or not all, could be measured; ends the process with status 1.
public struct Failure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// The options of a benchmark: `--name value`, `--name=value` and switches; what has no dashes are its words.
public struct Arguments: Sendable {
    private var values: [String: String] = [:]
    public private(set) var words: [String] = []

    /// - Parameters:
    ///   - options: the names of options that take a value, with their dashes.
    ///   - switches: the names of those that do not. `--help` is known.
    ///   - takesWords: whether anything but options is expected.
    ///   - usage: what `--help` prints, which ends the process.
    public init(
        _ arguments: some Sequence<String>, options: Set<String>, switches: Set<String> = [], takesWords: Bool = false,
        usage: String
    ) throws(Complaint) {
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            if argument == "--help" || argument == "-h" {
                print(usage)
                exit(0)
            }
            guard argument.hasPrefix("-") else {
                guard takesWords else { throw Complaint("unexpected \(argument); see --help") }
                words.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if switches.contains(parts[0]), parts.count == 1 {
                values[parts[0]] = ""
            } else if options.contains(parts[0]), let value = parts.count == 2 ? parts[1] : rest.popFirst() {
                values[parts[0]] = value
            } else if options.contains(parts[0]) {
                throw Complaint("\(parts[0]) needs a value; see --help")
            } else {
                throw Complaint("unknown option \(parts[0]); see --help")
            }
        }
    }

    public func has(_ name: String) -> Bool { values[name] != nil }

    public func text(_ name: String) -> String? { values[name] }

    public func number(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws(Complaint) -> Int {
        guard let text = values[name] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw Complaint("\(name) is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    public func real(
        _ name: String, default fallback: Double, in range: ClosedRange<Double>
    ) throws(Complaint) -> Double {
        guard let text = values[name] else { return fallback }
        guard let number = Double(text), range.contains(number) else {
            throw Complaint("\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A folder that is there.
    public func folder(_ name: String, default fallback: String) throws(Complaint) -> String {
        guard let path = values[name] else { return fallback }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw Complaint("\(name) \(path): no such folder")
        }
        return path
    }

    public func seed(_ name: String, default fallback: UInt64) throws(Complaint) -> UInt64 {
        guard let text = values[name] else { return fallback }
        guard let seed = UInt64(text) else { throw Complaint("\(name) is a whole number from 0 to \(UInt64.max)") }
        return seed
    }
}

extension Complaint {
    /// Says what is wrong, and ends the process with status 64.
    public func end(_ program: String) -> Never {
        Progress.say("\(program): \(description)")
        exit(64)
    }
}
