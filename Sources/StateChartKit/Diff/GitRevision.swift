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

    /// What it prints; nil where it ends with an error.
    private func git(_ directory: String, _ arguments: [String]) throws(Failure) -> Data? {
        let words = ["git", "-C", directory] + arguments
        var pipe: [Int32] = [0, 0]
        guard makePipe(&pipe) else { throw Failure(message: "cannot make a pipe: \(String(cString: strerror(errno)))") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        // What git says is replaced by our own words, which say what to do.
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        var argv = words.map { strdup($0) } + [nil]
        defer { for word in argv { free(word) } }
        var child = pid_t()
        let code = posix_spawnp(&child, "git", &actions, nil, &argv, environ)
        close(pipe[1])
        let output = FileHandle(fileDescriptor: pipe[0], closeOnDealloc: true)
        guard code == 0 else { throw Failure(message: "git cannot be run: \(String(cString: strerror(code)))") }
        let bytes = (try? output.readToEnd()) ?? Data()
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1, errno == EINTR {}
        return status == 0 ? bytes : nil
    }

    /// Close-on-exec, so that no other child holds the writing end open.
    private func makePipe(_ ends: inout [Int32]) -> Bool {
        guard pipe(&ends) == 0 else { return false }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return true
    }
}
