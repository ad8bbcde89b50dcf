import Foundation

/// Standard output, written in whole pieces. From any thread.
enum StandardOutput {
    static let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Blocks until the reader has taken it. A reader that is gone ends the process.
    ///
    /// - Parameter unread: the status then; `| head` is a success.
    static func write(_ bytes: [UInt8], unread: ExitStatus = .success) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Foundation.write(
                    STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    fail(errno, unread)
                }
            }
        }
    }

    static func write(_ text: String) { write(Array(text.utf8)) }

    private static func fail(_ code: Int32, _ unread: ExitStatus) -> Never {
        if code == EPIPE, unread == .success { exitNow(unread) }
        StandardError.complain("holdfast", "cannot write the output: \(String(cString: strerror(code)))")
        exitNow(.inputOutput)
    }
}

/// Standard error: diagnostics for people.
enum StandardError {
    static func write(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

    static func complain(_ who: String, _ message: String) { write("\(who): \(message.onOneLine)") }
}
