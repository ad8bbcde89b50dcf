import Foundation

/// One line of JSON on standard output, keys in order, for machines.
public enum JSONLine {
    public static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    public static func print(_ value: some Encodable) throws {
        FileHandle.standardOutput.write(Data((try text(value) + "\n").utf8))
    }
}

/// Words for a person, on standard error.
public enum Progress {
    public static func say(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }

    /// Overwrites the line before on a terminal; elsewhere nothing is shown.
    public static func show(_ line: String) {
        guard isatty(2) == 1 else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
    }

    /// Ends a line that `show` overwrote.
    public static func clear() {
        guard isatty(2) == 1 else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }
}
