import Foundation
import StateChartKit

/// `charts trace`: draws what was recorded of connections, or what a soak ran through.
enum TraceCommand {
    static let command = Command(
        name: "trace", summary: "draw a trace: its way through the chart, a sequence chart, a timeline, for Perfetto",
        usage: usage, run: run)

    private static let usage = """
        usage: charts trace FILE [--output FOLDER] [--json]
               charts trace --soak FOLDER [--output FOLDER] [--json]

        Reads a trace (JSON Lines) as `holdfast watch --trace`, `holdfast demo --trace` and Holdfast.Trace write it, checks
        that it is a path through the table, and writes to the output folder:

          path.svg             the chart with the way that was taken, and the time in each state
          sequence.svg         user, connection and server, step by step; sequence-2.svg … for further connections
          timeline.svg         states, verdicts, catching up and events over time
          trace.perfetto.json  for ui.perfetto.dev or chrome://tracing
          summary.txt, .json   time per state, transitions, verdicts, detections and recoveries

        Each picture also as …-dark.svg. The summary is printed as well.

          --output FOLDER  where to write, created where it is missing (FILE with .charts in place of its ending)
          --soak FOLDER    read summary.json of a soak's folder instead, and write soak.svg: how often each line was taken
          --json           print the summary as JSON
          --help           this text
        """

    private static func run(_ given: [String]) async throws(Failure) {
        var (output, soak, file): (String?, String?, String?) = (nil, nil, nil)
        var json = false
        var arguments = given[...]
        while let argument = arguments.popFirst() {
            switch argument {
            case "--json": json = true
            case "--output": output = try value(of: argument, &arguments)
            case "--soak": soak = try value(of: argument, &arguments)
            default:
                guard !argument.hasPrefix("-") else { throw .unknown(argument, of: "trace") }
                guard file == nil else { throw Failure(64, "give one trace at a time") }
                file = argument
            }
        }
        switch (file, soak) {
        case (let file?, nil):
            let name = (file as NSString).deletingPathExtension
            try draw(trace: file, into: output ?? "\(name).charts", json: json)
        case (nil, let soak?): try draw(soak: soak, into: output ?? soak, json: json)
        case (nil, nil): throw Failure(64, "which trace? give a file that `holdfast watch --trace FILE` wrote")
        case (_?, _?): throw Failure(64, "give either a trace or --soak FOLDER")
        }
    }

    private static func value(of option: String, _ arguments: inout ArraySlice<String>) throws(Failure) -> String {
        guard let value = arguments.popFirst(), !value.isEmpty else { throw Failure(64, "\(option) needs a path") }
        return value
    }

    private static func draw(trace file: String, into folder: String, json: Bool) throws(Failure) {
        let bytes = try InputFile.read(file, limit: RecordedTrace.largestFile)
        if bytes.count > 4 << 20 {
            Progress.say("reading \(bytes.count >> 20) MB; that takes a few seconds for each 20 MB")
        }
        let trace: RecordedTrace
        do throws(InvalidTrace) {
            trace = try RecordedTrace(bytes)
        } catch {
            throw Failure(64, "\(file)\(error.line.map { ":\($0)" } ?? ""): \(error.message)")
        }
        if trace.clockSteps > 0 { Progress.say("the clock went back \(trace.clockSteps) times; the times wait then") }
        if let cut = trace.cut { Progress.say("the trace ends early: \(cut)") }
        try OutputFolder.write(StateChart.standard.files(of: trace), to: folder)
        let summary = TraceSummary(trace)
        print(json ? summary.json : summary.text, terminator: "")
        Progress.say("wrote path, sequence, timeline, trace.perfetto.json and summary to \(folder)")
    }

    private static func draw(soak: String, into folder: String, json: Bool) throws(Failure) {
        let file = "\(soak)/summary.json"
        let bytes = try InputFile.read(file, limit: SoakSummary.largestFile)
        let summary: SoakSummary
        do throws(InvalidTrace) {
            summary = try SoakSummary(bytes)
        } catch {
            throw Failure(64, "\(file): \(error.message)")
        }
        let chart = StateChart.standard
        try OutputFolder.write(
            [
                ("soak.svg", chart.svg(soak: summary, theme: .light)),
                ("soak-dark.svg", chart.svg(soak: summary, theme: .dark)),
            ], to: folder)
        let taken = summary.edges.filter { $0.value > 0 }
        if json {
            print(summary.json)
        } else {
            print("\(taken.values.reduce(0, +)) transitions by \(taken.count) of \(summary.edges.count) ids")
        }
        Progress.say("wrote soak.svg and soak-dark.svg to \(folder)")
    }
}

/// What a command is given to read.
enum InputFile {
    /// - Parameter limit: bytes; what is larger is not even read.
    static func read(_ path: String, limit: Int) throws(Failure) -> Data {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw Failure(64, "\(path) is a folder, not a file")
        }
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw Failure(64, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        do {
            let bytes = try file.read(upToCount: limit + 1) ?? Data()
            guard bytes.count <= limit else { throw Failure(64, "\(path) is larger than \(limit >> 20) MB") }
            return bytes
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(64, "cannot read \(path): \(error.localizedDescription)")
        }
    }
}

/// What a command writes.
enum OutputFolder {
    static func write(_ files: [(name: String, contents: String)], to path: String) throws(Failure) {
        let folder = URL(fileURLWithPath: path, isDirectory: true)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for file in files {
                try Data(file.contents.utf8).write(to: folder.appendingPathComponent(file.name), options: .atomic)
            }
        } catch {
            throw Failure(1, "cannot write to \(path): \(error.localizedDescription)")
        }
    }
}
