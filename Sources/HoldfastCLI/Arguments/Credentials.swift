import Foundation
import HoldfastMattermost

/// Where a token comes from: a file or the environment, never an argument.
enum Credentials {
    static let variable = "HOLDFAST_TOKEN"

    static func token(_ arguments: Arguments) throws(Complaint) -> Token {
        if let path = arguments.text("--token-file") {
            let text = try read(path, as: "the token file")
            do throws(InvalidToken) {
                return try Token(text)
            } catch {
                throw Complaint("\(path): \(error.description)")
            }
        }
        guard let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty else {
            throw Complaint("no token: put the bot's access token into a file (--token-file PATH) or into \(variable)")
        }
        do throws(InvalidToken) {
            return try Token(text)
        } catch {
            throw Complaint("\(variable): \(error.description)")
        }
    }

    /// At most 64 KiB: a file with a secret is small, and the wrong path may be anything.
    static func read(_ path: String, as role: String) throws(Complaint) -> String {
        guard let file = fopen(path, "r") else {
            throw Complaint("cannot read \(role) \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else {
            throw Complaint("cannot read \(role) \(path): is it a file?")
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
