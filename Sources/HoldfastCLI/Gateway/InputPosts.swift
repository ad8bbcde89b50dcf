import Foundation
import HoldfastGateway

/// Posts that are asked for on standard input, a line each; the answers go to standard output.
enum InputPosts {
    private static let maximumLine = 1 << 20

    /// Reads on a thread of its own, until the input ends. A terminal is not read: nobody types JSON.
    static func begin(_ gateway: ConfiguredGateway) {
        guard isatty(STDIN_FILENO) == 0 else { return }
        Thread {
            var line: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(STDIN_FILENO, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return }
                for byte in buffer[..<count] {
                    if byte != UInt8(ascii: "\n") {
                        // The rest of a line that is too long is none either; its answer says so once.
                        if line.count <= maximumLine { line.append(byte) }
                        continue
                    }
                    if !line.isEmpty { answer(line, gateway) }
                    line = []
                }
            }
        }.start()
    }

    /// One after the other: whoever asks for many posts waits for the server, not in our memory.
    private static func answer(_ line: [UInt8], _ gateway: ConfiguredGateway) {
        let done = DispatchSemaphore(value: 0)
        Task {
            StandardOutput.write(await gateway.answer(line))
            done.signal()
        }
        done.wait()
    }
}
