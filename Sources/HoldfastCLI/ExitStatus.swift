import Foundation

/// How a command ends. The values from 64 on are those of BSD's `sysexits.h`.
enum ExitStatus: Int32 {
    case success = 0
    /// It ran, and what it was to show did not hold.
    case failure = 1
    /// The command line, or a file or variable that it names, is wrong.
    case usage = 64
    /// The server was never reached, or the port could not be had.
    case unavailable = 69
    /// The output could not be written.
    case inputOutput = 74
    /// Broken off by a second signal.
    case interrupted = 130
}

/// Why a command cannot go on: one line that says what to do. Never contains a secret.
struct Complaint: Error, Equatable {
    var message: String
    var status = ExitStatus.usage

    init(_ message: String, status: ExitStatus = .usage) {
        self.message = message
        self.status = status
    }
}

func exitNow(_ status: ExitStatus) -> Never { exit(status.rawValue) }
