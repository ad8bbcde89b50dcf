import BenchmarkKit
import Foundation

/// The Markdown and the pictures, which another program makes.
enum Report {
    static func make(_ options: Options) {
        let program = (options.peers as NSString).deletingLastPathComponent + "/Report/report"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            return Progress.say("compare: there is no \(program): comparison.json is written, the pictures are missing")
        }
        do {
            let (lines, status) = try ChildProcess.lines(program, [options.output])
            for line in lines { Progress.say(line) }
            if status != 0 {
                Progress.say("compare: the report ended with status \(status): the pictures are missing or old")
            }
        } catch {
            Progress.say("compare: \(error): the pictures are missing")
        }
    }
}
