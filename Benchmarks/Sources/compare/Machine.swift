import BenchmarkKit
import Foundation

/// Where it was run.
struct Machine: Encodable {
    var processor = "unknown"
    var cores = ProcessInfo.processInfo.processorCount
    var memoryBytes = ProcessInfo.processInfo.physicalMemory
    var kernel = "unknown"
    var system = ProcessInfo.processInfo.operatingSystemVersionString

    init() {
        let processors = Self.text(of: "/proc/cpuinfo").split(separator: "\n")
        if let line = processors.first(where: { $0.hasPrefix("model name") }), let colon = line.firstIndex(of: ":") {
            processor = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        let release = Self.text(of: "/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines)
        if !release.isEmpty { kernel = release }
        let name = Self.text(of: "/etc/os-release").split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
        if let name { system = String(name.dropFirst("PRETTY_NAME=".count)).replacing("\"", with: "") }
    }

    /// Of what is measured and what it stands on, as far as it can be found out.
    static func versions(beside folder: String) -> [String: String] {
        let commit = answer("git", ["-C", folder, "rev-parse", "--short=12", "HEAD"]) ?? "unknown"
        let isChanged = answer("git", ["-C", folder, "status", "--porcelain", "--untracked-files=no"]) != nil
        var versions = ["holdfast": commit + (isChanged ? " with changes" : "")]
        versions["swift"] = answer("swift", ["--version"])
        for (name, package) in [
            ("libuv", "libuv"), ("openssl", "openssl"), ("libcurl", "libcurl"), ("simdjson", "simdjson"),
            ("sqlite", "sqlite3"),
        ] {
            versions[name] = answer("pkg-config", ["--modversion", package])
        }
        return versions
    }

    /// The first line that a program prints; nil where there is none.
    private static func answer(_ program: String, _ arguments: [String]) -> String? {
        guard let child = try? ChildProcess("/usr/bin/env", [program] + arguments, readsErrors: true) else {
            return nil
        }
        var first: String?
        while true {
            switch child.next(within: 30) {
            case .line(let line): first = first ?? line
            case .errorLine: continue
            case .nothing: child.send(SIGKILL)
            case .end: return child.wait() == 0 ? first : nil
            }
        }
    }

    private static func text(of path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
