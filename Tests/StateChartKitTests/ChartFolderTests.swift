import Foundation
import Testing

@testable import StateChartKit

@Suite("The folder of charts")
struct ChartFolderTests {
    /// The folder of this repository.
    private static let committed = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("StateCharts").path

    private func withFolder(_ body: (ChartFolder) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("charts-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(ChartFolder(path: path, chart: .standard))
    }

    @Test("the committed charts are those of the table")
    func drift() {
        #expect(ChartFolder(path: Self.committed, chart: .standard).differences() == [])
    }

    @Test("what was written differs in nothing")
    func roundTrip() throws {
        try withFolder { folder in
            #expect(folder.differences().count == folder.chart.files.count)
            try folder.write()
            try folder.write()
            #expect(folder.differences() == [])
        }
    }

    @Test(
        "names the file that differs, is missing or does not belong", arguments: StateChart.standard.files.map(\.name))
    func names(file: String) throws {
        try withFolder { folder in
            try folder.write()
            let place = URL(fileURLWithPath: folder.path).appendingPathComponent(file)
            try Data((String(contentsOf: place, encoding: .utf8) + " ").utf8).write(to: place)
            #expect(folder.differences() == ["\(folder.path)/\(file) differs from the table"])
            try FileManager.default.removeItem(at: place)
            #expect(folder.differences() == ["\(folder.path)/\(file) is missing"])
            try folder.write()
        }
    }

    @Test("names what is not generated, in subfolders too, and a folder without generated files as a whole")
    func strays() throws {
        try withFolder { folder in
            try folder.write()
            let root = URL(fileURLWithPath: folder.path)
            try Data().write(to: root.appendingPathComponent("stray.txt"))
            try Data().write(to: root.appendingPathComponent("states/left-over.svg"))
            try FileManager.default.createDirectory(
                at: root.appendingPathComponent("states/old/older"), withIntermediateDirectories: true)
            try Data().write(to: root.appendingPathComponent("states/old/older/open.svg"))
            #expect(
                folder.differences()
                    == ["states/left-over.svg", "states/old", "stray.txt"].map {
                        "\(folder.path)/\($0) is not generated and does not belong here"
                    })
        }
    }

    @Test("has simple names: each once, at most one folder deep, and what other pages use at its old place")
    func fileNames() {
        let names = StateChart.standard.files.map(\.name)
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.allSatisfy { $0.isLetter || $0.isNumber || "-./".contains($0) }, "\(name)")
            #expect(name.filter { $0 == "/" }.count <= 1 && !name.hasPrefix("/") && !name.contains(".."), "\(name)")
        }
        for name in ["README.md", "lifecycle.svg", "lifecycle-dark.svg", "overview.svg", "states/open.md"] {
            #expect(names.contains(name), "\(name)")
        }
    }

    // MARK: - As a process

    private struct Run {
        var status: Int32
        var output: String
        var complaint: String
    }

    /// The executable that was built beside these tests.
    private func charts(_ arguments: String...) throws -> Run {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath
        let folder = URL(fileURLWithPath: bundle ?? CommandLine.arguments[0]).deletingLastPathComponent()
        let process = Process()
        process.executableURL = folder.appendingPathComponent("charts")
        process.arguments = arguments
        let (output, complaint) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = complaint
        try process.run()
        let outputData = output.fileHandleForReading.readDataToEndOfFile()
        let complaintData = complaint.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Run(
            status: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
            complaint: String(decoding: complaintData, as: UTF8.self))
    }

    @Test("charts writes, and charts --check accepts what it wrote and names what differs")
    func process() throws {
        try withFolder { folder in
            #expect(try charts("--directory", folder.path).status == 0)
            #expect(folder.differences() == [])
            #expect(try charts("--check", "--directory", folder.path).status == 0)
            try Data("old".utf8).write(to: URL(fileURLWithPath: folder.path).appendingPathComponent("lifecycle.dot"))
            let run = try charts("--check", "--directory", folder.path)
            #expect(run.status == 1)
            #expect(run.complaint.contains("lifecycle.dot differs from the table"))
            #expect(try charts("--check", "--directory", folder.path + "/nowhere").status == 1)
        }
    }

    @Test("a wrong argument gets one clear line and status 64", arguments: ["--chek", "StateCharts", "--directory"])
    func usage(argument: String) throws {
        let run = try charts(argument)
        #expect(run.status == 64)
        #expect(run.complaint.split(separator: "\n").count == 1)
        #expect(run.complaint.contains(argument))
    }

    @Test("--help explains itself")
    func help() throws {
        let run = try charts("--help")
        #expect(run.status == 0)
        #expect(run.output.contains("--check"))
        #expect(run.complaint.isEmpty)
    }
}
