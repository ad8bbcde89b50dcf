import Foundation

/// The tables of a repository's past, read with `git`.
public struct GitRevision: Sendable {
    /// As git understands it: a commit, a branch, `HEAD~3`.
    public let name: String

    public init(_ name: String) { self.name = name }

    public struct Failure: Error, Equatable, CustomStringConvertible {
        public var message: String

        public var description: String { message }
    }

    /// The table that was committed there: from `lifecycle.json`, or where that did not exist yet, from the page of the charts.
    /// Blocks until git has answered.
    ///
    /// - Parameters:
    ///   - directory: where git is run.
    ///   - folder: of the charts, below `directory`.
    public func table(in directory: String = ".", folder: String = "StateCharts") throws(Failure) -> TableVersion {
        guard !name.isEmpty, !name.hasPrefix("-") else { throw Failure(message: "“\(name)” is no revision") }
        guard try git(directory, ["rev-parse", "--git-dir"]) != nil else {
            throw Failure(message: "this is no git repository; run it in a checkout")
        }
        guard try git(directory, ["rev-parse", "--verify", "--quiet", name + "^{commit}"]) != nil else {
            throw Failure(message: "git knows no revision \(name.onOneLine(80)); `git log --oneline` lists some")
        }
        let json = try git(directory, ["show", "\(name):./\(folder)/lifecycle.json"])
        let page = json == nil ? try git(directory, ["show", "\(name):./\(folder)/README.md"]) : nil
        do throws(InvalidTable) {
            if let json { return try TableVersion(json: json) }
            if let page { return try TableVersion(markdown: String(decoding: page, as: UTF8.self)) }
        } catch {
            throw Failure(message: "the chart of \(name) cannot be read: \(error.message)")
        }
        throw Failure(message: "there is no chart at \(name): neither \(folder)/lifecycle.json nor \(folder)/README.md")
    }

    /// What it prints; nil where it ends with an error. What it says then is replaced by our own words, which say what to do.
    private func git(_ directory: String, _ arguments: [String]) throws(Failure) -> Data? {
        guard let git = Program.find("git") else { throw Failure(message: "git cannot be found; install it") }
        let run = git.run(arguments, in: directory, complaints: .dropped)
        return run.status == 0 ? run.output : nil
    }
}
