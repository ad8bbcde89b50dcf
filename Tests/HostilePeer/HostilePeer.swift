import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// One way in which a server may mean harm, and what must come of it.
struct HostileCase: Sendable {
    var name: String
    /// Returns what happened, for the table; throws where that is not what must.
    var run: @Sendable () async throws -> String

    static let all = socketCases + answerCases + deliveryCases
}

/// Runs one case in a process of its own, so that its peak memory is known, and tells in one line of JSON.
@main
enum HostilePeer {
    private static let help = """
        usage: HostilePeer CASE | --list

        Runs a gateway against a server that means harm, over real sockets on loopback, and prints what came of it and the
        peak memory of both together. The status is 1 where it is not what must come.
        """

    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case "--help": print(help)
        case "--list": for hostile in HostileCase.all { print(hostile.name) }
        case let name?:
            guard let hostile = HostileCase.all.first(where: { $0.name == name }) else {
                refuse("there is no case \(name)")
            }
            await run(hostile)
        case nil: refuse("a case is missing")
        }
    }

    private static func refuse(_ what: String) -> Never {
        FileHandle.standardError.write(Data("HostilePeer: \(what); see HostilePeer --help\n".utf8))
        exit(64)
    }

    private static func run(_ hostile: HostileCase) async {
        let before = peakMegabytes
        let begun = Date()
        var object: [String: Any] = ["case": hostile.name]
        do {
            object["outcome"] = try await hostile.run()
        } catch {
            object["failure"] = "\(error)"
        }
        object["seconds"] = (Date().timeIntervalSince(begun) * 100).rounded() / 100
        object["startMB"] = before
        object["peakMB"] = peakMegabytes
        let line = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        FileHandle.standardOutput.write((line ?? Data()) + Data([0x0A]))
        // Loops still run: they are not what is judged here.
        _exit(object["failure"] == nil ? 0 : 1)
    }

    private static var peakMegabytes: Int {
        #if os(Linux)
            // Of this program alone: what `getrusage` tells began with the program that started it.
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
            return (Int(line.filter(\.isNumber)) ?? 0) / 1024
        #else
            var usage = rusage()
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss >> 20
        #endif
    }
}
