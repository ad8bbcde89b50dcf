internal import CHoldfast
internal import HoldfastMattermost

/// What a request that went well has to tell.
struct Told: Sendable {
    var id: String
    var name = ""
}

/// Tells the host how a request ended, on the loop.
struct Answer: @unchecked Sendable {
    // Sound as Sendable: see `Callbacks`.
    let onResult: holdfast_on_result?
    let userData: UnsafeMutableRawPointer?

    func tell(_ result: Result<Told, MattermostError>, isCancelled: Bool, of handle: UInt64) {
        guard let onResult else { return }
        let texts: TextBlob
        var status = Status.done
        switch result {
        case .success(let told): texts = TextBlob([told.id, told.name, ""])
        case .failure(let error):
            status = isCancelled ? Status.cancelled : error.status
            texts = TextBlob(["", "", isCancelled ? "given up, because the connection stopped" : "\(error)"])
        }
        let answer = holdfast_result(
            size: MemoryLayout<holdfast_result>.size, status: status, reserved: 0, id: texts[0], name: texts[1],
            error: texts[2])
        withExtendedLifetime(texts) { withUnsafePointer(to: answer) { onResult(handle, $0, userData) } }
    }
}

extension MattermostError {
    fileprivate var status: Int32 {
        switch self {
        case .rateLimited: Status.rateLimited
        case .unauthorized: Status.unauthorized
        case .forbidden, .notFound, .badRequest: Status.refused
        case .server, .unexpected: Status.server
        case .transport: Status.network
        }
    }
}
