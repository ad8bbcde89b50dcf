import BenchmarkKit
import Foundation

/// A gateway with thousands of accounts, in numbers.
@main
struct Scale {
    static func main() async {
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            if options.serves { return try await Serve.run(options) }
            let record = try await Runner(options).run()
            let text = record.text
            try write(record, text, to: options.folder)
            if options.isJSON { try JSONLine.print(record) } else { print(text) }
            exit(record.passes ? 0 : 1)
        } catch let complaint as Complaint {
            complaint.end("scale")
        } catch {
            Progress.say("scale: \(error)")
            exit(1)
        }
    }

    private static func write(_ record: some Encodable, _ text: String, to folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (name, content) in [("scale.json", try JSONLine.text(record)), ("scale.md", text)] {
                try Data("\(content)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"), options: .atomic)
            }
        } catch {
            throw Failure("\(folder) cannot be written: \(error.localizedDescription)")
        }
    }
}
