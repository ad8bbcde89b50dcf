import BenchmarkKit
import ConnectionLifecycle
import Foundation
import SoakKit
import StateChartKit

/// What a soak runs on.
enum Machine {
    static var record: RunRecord.Machine {
        let processor = lines("/proc/cpuinfo").first { $0.hasPrefix("model name") }.map(value) ?? "unknown"
        let memory = lines("/proc/meminfo").first { $0.hasPrefix("MemTotal") }.map(value) ?? ""
        let kilobytes = memory.split(separator: " ").first.flatMap { Int($0) } ?? 0
        let system = lines("/etc/os-release").first { $0.hasPrefix("PRETTY_NAME=") }
        return RunRecord.Machine(
            processor: processor, cores: ProcessInfo.processInfo.activeProcessorCount,
            memoryBytes: kilobytes * 1024,
            kernel: lines("/proc/sys/kernel/osrelease").first ?? "unknown",
            system: system?.split(separator: "\"").dropFirst().first.map(String.init) ?? "unknown")
    }

    static var versions: [String: String] {
        let names = [
            "libuv": "libuv", "openssl": "openssl", "libcurl": "libcurl", "simdjson": "simdjson", "sqlite": "sqlite3",
        ]
        var versions = names.mapValues { output(["pkg-config", "--modversion", $0]) }
        let swift = output(["swift", "--version"])
        versions["swift"] = swift.split(separator: " ").first { $0.first?.isNumber == true }.map(String.init) ?? swift
        let folder = ChildProcess.folder
        versions["holdfast"] = output(["git", "-C", folder, "rev-parse", "HEAD"])
        return versions
    }

    static var tableDigest: String { StateChart(table: .standard).digest }

    private static func output(_ words: [String]) -> String {
        // `env` finds the program.
        guard let child = try? ChildProcess("/usr/bin/env", words, readsErrors: true) else { return "unknown" }
        let line = child.line()
        while child.line() != nil {}
        return child.wait() == 0 ? line ?? "unknown" : "unknown"
    }

    private static func lines(_ path: String) -> [String] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    private static func value(_ line: String) -> String {
        line.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
    }
}
