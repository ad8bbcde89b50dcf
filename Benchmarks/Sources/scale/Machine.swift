import BenchmarkKit
import Foundation
import ScaleKit

/// What it ran on.
enum Machine {
    static var record: ScaleRecord.Machine {
        var machine = ScaleRecord.Machine()
        machine.processor = lines("/proc/cpuinfo").first { $0.hasPrefix("model name") }.map(value) ?? "unknown"
        machine.cores = ProcessInfo.processInfo.activeProcessorCount
        machine.memoryBytes = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        machine.kernel = lines("/proc/sys/kernel/osrelease").first ?? "unknown"
        machine.loadBefore = load
        return machine
    }

    /// The load average of the last minute: what else ran.
    static var load: Double {
        lines("/proc/loadavg").first?.split(separator: " ").first.flatMap { Double($0) } ?? 0
    }

    static var versions: [String: String] {
        var versions: [String: String] = [:]
        for (name, package) in [
            ("libuv", "libuv"), ("openssl", "openssl"), ("libcurl", "libcurl"), ("simdjson", "simdjson"),
            ("sqlite", "sqlite3"),
        ] {
            versions[name] = output(["pkg-config", "--modversion", package])
        }
        versions["holdfast"] = output(["git", "-C", ChildProcess.folder, "rev-parse", "--short=12", "HEAD"])
        return versions
    }

    /// The first line that a program prints. `env` finds the program.
    private static func output(_ words: [String]) -> String? {
        guard let child = try? ChildProcess("/usr/bin/env", words, readsErrors: true) else { return nil }
        let line = child.line()
        while child.line() != nil {}
        return child.wait() == 0 ? line : nil
    }

    private static func lines(_ path: String) -> [String] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    private static func value(_ line: String) -> String {
        line.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
    }
}
