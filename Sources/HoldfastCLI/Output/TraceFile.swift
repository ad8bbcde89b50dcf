import Foundation
import Holdfast
import Locking

/// The file of `--trace`: one line for each thing that is seen, written at once, so that a crash loses none. From any
/// thread.
final class TraceFile: Sendable {
    static let option = Syntax.Option(
        "--trace", "FILE",
        "write transitions, verdicts, catching up and the names of events there, without\n"
            + "names of servers and without content; `charts trace FILE` draws it")

    /// Where a file ends, in bytes: a connection that is up for months must not fill the disk.
    static let limit = 64 << 20

    private struct Output {
        /// nil once nothing more is written.
        var descriptor: Int32?
        var bytes = 0
    }

    private let path: String
    private let trace: Trace
    private let output: Lock<Output>

    /// What the arguments ask for; nil where they ask for none.
    static func of(_ arguments: Arguments, hiding hidden: [String] = []) throws(Complaint) -> TraceFile? {
        guard let path = arguments.text("--trace") else { return nil }
        guard !path.isEmpty else { throw Complaint("--trace is the path of a file, e.g. bot.trace.jsonl") }
        return try TraceFile(path, trace: Trace(hiding: hidden))
    }

    /// Creates the file, readable by its owner, or replaces an older trace. Any other file that is there is left alone.
    init(_ path: String, trace: Trace) throws(Complaint) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Complaint("--trace: cannot write \(path): \(TraceFile.reason)") }
        guard TraceFile.isReplaceable(descriptor) else {
            close(descriptor)
            throw Complaint("--trace: \(path) is there and is no trace; give the name of a new file")
        }
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            let reason = TraceFile.reason
            close(descriptor)
            throw Complaint("--trace: \(path) must be a plain file: \(reason)")
        }
        self.path = path
        self.trace = trace
        output = Lock(Output(descriptor: descriptor))
        write(trace.head)
    }

    deinit { output.withLock { output in _ = output.descriptor.map { close($0) } } }

    func write(_ observation: Observation) { write(trace.line(observation)) }

    func write(event: String, sequence: Int64) {
        write(trace.event(event, sequence: sequence, at: TraceFile.now))
    }

    func mark(_ text: String) { write(trace.mark(text, at: TraceFile.now)) }

    private func write(_ line: [UInt8]) {
        let complaint = output.withLock { output -> String? in
            guard let descriptor = output.descriptor else { return nil }
            if output.bytes + line.count > TraceFile.limit {
                _ = TraceFile.put(trace.end("the trace has reached its limit", at: TraceFile.now), descriptor)
                close(descriptor)
                output.descriptor = nil
                return "\(path) has reached \(TraceFile.limit >> 20) MB; nothing more is written to it"
            }
            output.bytes += line.count
            guard !TraceFile.put(line, descriptor) else { return nil }
            let reason = TraceFile.reason
            close(descriptor)
            output.descriptor = nil
            return "cannot write \(path) any more: \(reason)"
        }
        if let complaint { StandardError.complain("holdfast", "--trace: \(complaint)") }
    }

    /// Whether all of it was written.
    private static func put(_ line: [UInt8], _ descriptor: Int32) -> Bool {
        line.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    private static func isReplaceable(_ descriptor: Int32) -> Bool {
        let head = Array(#"{"type":"trace""#.utf8)
        var found = [UInt8](repeating: 0, count: head.count)
        let count = read(descriptor, &found, found.count)
        return count == 0 || found == head
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    private static var reason: String { String(cString: strerror(errno)) }
}
