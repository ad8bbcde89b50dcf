import BenchmarkKit
import Foundation

/// Whatever measures, by the kind of check.
struct Bench {
    let folder: String

    func measure(_ checks: [Check]) async throws -> [Check: Outcome] {
        var outcomes: [Check: Outcome] = [:]
        let micro = "\(folder)/micro"
        guard FileManager.default.isExecutableFile(atPath: micro) else {
            throw Complaint("\(micro) is not there: build it, or name its folder with --bin")
        }
        let ofInstructions = checks.filter { $0.measure == .instructions }
        let ofIngest = checks.filter { $0.measure == .cpuRatio }
        let ofMicro = checks.filter { $0.measure != .instructions && $0.measure != .cpuRatio }
        if !ofMicro.isEmpty {
            Progress.show("gate: micro")
            outcomes.merge(try MicroSource(path: micro, busy: Self.busy()).measure(ofMicro)) { $1 }
        }
        if !ofInstructions.isEmpty {
            outcomes.merge(
                try InstructionSource(path: micro).measure(ofInstructions) {
                    Progress.show("gate: instructions of \($0)")
                }
            ) { $1 }
        }
        if !ofIngest.isEmpty {
            outcomes.merge(
                try await IngestSource(folder: folder).measure(ofIngest) { Progress.show("gate: \($0)") }
            ) { $1 }
        }
        Progress.clear()
        return outcomes
    }

    /// Others that wait for the processor make the worst of many times theirs, not the engine's.
    private static func busy() -> String? {
        var load = [0.0]
        let processors = Double(ProcessInfo.processInfo.activeProcessorCount)
        guard getloadavg(&load, 1) == 1, load[0] > 0.75 * processors else { return nil }
        return "the machine is busy (load \(load[0].rounded(to: 1)) on \(Int(processors)) processors)"
    }
}
