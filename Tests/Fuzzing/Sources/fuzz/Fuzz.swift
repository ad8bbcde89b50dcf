import CLibFuzzer
import Foundation

/// The executable: libFuzzer around one of the targets. `run` calls it.
@main
struct Fuzz {
    private static let help = """
        usage: fuzz TARGET [LIBFUZZER-OPTION…] [CORPUS…]
               fuzz TARGET FILE…
               fuzz --list
               fuzz --write-seeds TARGET FOLDER

        Runs one target under libFuzzer, or once for each FILE given (a reproducer). -help=1 behind a target lists
        libFuzzer's own options. --list names the targets; --write-seeds writes a target's first corpus, and its
        dictionary as FOLDER.dictionary.

        TARGET is one of:
        \(FuzzTarget.all.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n"))
        """

    nonisolated(unsafe) private static var target: FuzzTarget?  // Set once, before libFuzzer starts; one thread.

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "--help", "-h": print(help)
        case "--list": for target in FuzzTarget.all { print(target.name, target.maximumBytes) }
        case "--write-seeds" where arguments.count == 3: writeSeeds(of: find(arguments[1]), to: arguments[2])
        case let name?: run(find(name))
        case nil: refuse("a target is missing")
        }
    }

    private static func find(_ name: String) -> FuzzTarget {
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            refuse("there is no such target; they are \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
        }
        return target
    }

    private static func refuse(_ what: String) -> Never {
        FileHandle.standardError.write(Data("fuzz: \(what); see fuzz --help\n".utf8))
        exit(64)
    }

    private static func run(_ found: FuzzTarget) {
        target = found
        // libFuzzer wants the program's name and its own arguments; the target's name stands between.
        var count = CommandLine.argc - 1
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
        CommandLine.unsafeArgv[1] = CommandLine.unsafeArgv[0]
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { bytes, size in
                Fuzz.target?.run(UnsafeBufferPointer(start: bytes, count: size))
                return 0
            })
    }

    private static func writeSeeds(of target: FuzzTarget, to folder: String) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (index, seed) in target.seeds().enumerated() where seed.count <= target.maximumBytes {
                try Data(seed).write(to: URL(fileURLWithPath: "\(folder)/seed-\(index)"))
            }
            let lines = target.dictionary.map { "\"\(escaped($0))\"\n" }
            try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: "\(folder).dictionary"))
        } catch {
            FileHandle.standardError.write(Data("fuzz: cannot write the seeds: \(error)\n".utf8))
            exit(74)
        }
    }

    /// As libFuzzer reads its dictionaries.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
            case 0x20...0x7E: String(UnicodeScalar(byte))
            default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }.joined()
    }
}
