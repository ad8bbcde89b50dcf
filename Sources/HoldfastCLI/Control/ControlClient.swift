import Foundation
import HoldfastGateway
import UVEventLoop
import WorldInterface

/// Asks a running gateway through its control socket.
struct ControlClient {
    enum Reply {
        case answer([UInt8])
        /// The gateway's reason.
        case refusal(String)
    }

    private let path: String
    private let loop: EventLoop

    /// - Throws: where no gateway can be there.
    init(atPath path: String) throws(Complaint) {
        guard (1...EventLoop.longestSocketPath).contains(path.utf8.count) else {
            throw Complaint("the path of a socket has 1 to \(EventLoop.longestSocketPath) bytes")
        }
        guard access(path, F_OK) == 0 else {
            throw Complaint(
                errno == EACCES
                    ? "\(path) lies in a folder that this user may not enter; ask as the user who runs the gateway"
                    : "there is no \(path); is the gateway running, with this configuration?", status: .unavailable)
        }
        guard access(path, W_OK) == 0 else {
            throw Complaint(
                "this user may not use \(path); ask as the user who runs the gateway", status: .unavailable)
        }
        self.path = path
        loop = try EventLoop.started("ctl")
    }

    func close() async {
        await loop.run { loop.closeHTTPConnections() }
        loop.finish()
    }

    /// - Throws: where there is no answer.
    func ask(_ method: String, _ target: String) async throws(Complaint) -> Reply {
        let request = HTTPRequest(
            method: method, url: "http://localhost\(target)", timeout: .seconds(60), socketPath: path)
        do throws(NetworkError) {
            let response = try await loop.perform(request)
            guard response.status != 200 else { return .answer(response.body) }
            let text = String(decoding: response.body, as: UTF8.self)
            return .refusal(text.trimmingCharacters(in: .whitespacesAndNewlines))
        } catch {
            let reason =
                switch error.kind {
                case .timedOut: "the gateway did not answer within 60 s at"
                case .refused: "the gateway has ended that listened at"
                default: "\(error.message), at"
                }
            throw Complaint("\(reason) \(path)", status: .unavailable)
        }
    }
}
