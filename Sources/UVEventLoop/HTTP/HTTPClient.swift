internal import CCurl
internal import CLibuv
import WorldInterface

/// HTTP through libcurl's multi-socket interface, driven by the loop's own poll and timer handles. Loop-confined.
///
/// Proxies, HTTP/2, compression, redirects and connection reuse are libcurl's. Nothing exists before the first request.
final class HTTPClient {
    private unowned let loop: EventLoop
    private var multi: OpaquePointer?
    private var timer: (any DeadlineTimer)?
    private var polls: [curl_socket_t: HTTPSocketPoll] = [:]
    private var transfers: [UInt64: HTTPTransfer] = [:]
    private var lastKey: UInt64 = 0
    /// libcurl calls back while it is being called; what it finished is collected once, afterwards.
    private var isInside = false

    /// Idle connections kept for reuse.
    private static let maximumPooledConnections = 8

    init(loop: EventLoop) { self.loop = loop }

    // MARK: - Requests

    nonisolated(nonsending) func perform(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse {
        // A plain request may be led to https.
        let usesTLS = request.maximumRedirects > 0 || !request.url.lowercased().hasPrefix("http:")
        let transfer = try HTTPTransfer(request, tls: usesTLS ? loop.clientContext(request.tls) : nil)
        lastKey += 1
        let key = lastKey
        let loop = loop
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<HTTPTransfer.Outcome, Never>) in
                // What was cancelled before it began, nobody will end.
                guard !Task.isCancelled else {
                    let error = NetworkError(.cancelled, "\(request.method) was cancelled")
                    return continuation.resume(returning: .failure(error))
                }
                begin(transfer, key, continuation)
            }
        } onCancel: {
            Task(executorPreference: loop) { loop.cancelTransfer(key) }
        }
        return try result.get()
    }

    private func begin(
        _ transfer: HTTPTransfer, _ key: UInt64, _ continuation: CheckedContinuation<HTTPTransfer.Outcome, Never>
    ) {
        guard let multi = openMulti() else {
            return continuation.resume(returning: .failure(NetworkError(.other, "libcurl cannot be started")))
        }
        transfer.continuation = continuation
        transfers[key] = transfer
        transfer.attach(key: key)
        inside { curl_multi_add_handle(UnsafeMutableRawPointer(multi), transfer.easy) }
    }

    /// Ends the transfer; its request throws `cancelled`.
    func cancel(_ key: UInt64) {
        guard let transfer = transfers.removeValue(forKey: key), let multi else { return }
        inside { curl_multi_remove_handle(UnsafeMutableRawPointer(multi), transfer.easy) }
        transfer.finish(.failure(NetworkError(.cancelled, "\(transfer.description) was cancelled")))
    }

    /// Ends all transfers and closes all connections and handles. A later request starts anew.
    func close() {
        for key in transfers.keys { cancel(key) }
        if let multi { curl_multi_cleanup(UnsafeMutableRawPointer(multi)) }
        multi = nil
        for poll in polls.values { poll.close() }
        polls = [:]
        timer?.close()
        timer = nil
    }

    // MARK: - libcurl

    private func openMulti() -> OpaquePointer? {
        if let multi { return multi }
        guard curlIsReady, let created = curl_multi_init() else { return nil }
        let multi = OpaquePointer(created)
        self.multi = multi
        // Unretained: the multi handle is cleaned up by `close`, at the latest when the loop, which owns us, stops.
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = holdfast_multi_set_socket_function(
            created,
            { _, socket, what, context, _ in
                guard let context else { return -1 }
                Unmanaged<HTTPClient>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
                return 0
            }, context)
        _ = holdfast_multi_set_timer_function(
            created,
            { _, milliseconds, context in
                guard let context else { return -1 }
                Unmanaged<HTTPClient>.fromOpaque(context).takeUnretainedValue().arm(milliseconds)
                return 0
            }, context)
        _ = holdfast_multi_setopt_long(created, CURLMOPT_MAXCONNECTS, HTTPClient.maximumPooledConnections)
        return multi
    }

    private func watch(_ socket: curl_socket_t, _ what: Int32) {
        if what == CURL_POLL_REMOVE {
            polls.removeValue(forKey: socket)?.close()
            return
        }
        let poll: HTTPSocketPoll
        if let known = polls[socket] {
            poll = known
        } else {
            poll = HTTPSocketPoll(loop: loop, socket: socket) { [unowned self] in act(socket, $0) }
            polls[socket] = poll
        }
        poll.watch(reading: what & CURL_POLL_IN != 0, writing: what & CURL_POLL_OUT != 0)
    }

    private func arm(_ milliseconds: Int) {
        guard milliseconds >= 0 else {
            timer?.disarm()
            return
        }
        let timer = self.timer ?? loop.makeTimer { [unowned self] in act(CURL_SOCKET_TIMEOUT, 0) }
        self.timer = timer
        timer.arm(at: loop.now + .milliseconds(milliseconds))
    }

    private func act(_ socket: curl_socket_t, _ events: Int32) {
        guard let multi else { return }
        inside {
            var running: Int32 = 0
            return curl_multi_socket_action(UnsafeMutableRawPointer(multi), socket, events, &running)
        }
    }

    private func inside(_ body: () -> CURLMcode) {
        let wasInside = isInside
        isInside = true
        _ = body()
        isInside = wasInside
        if !wasInside { collect() }
    }

    private func collect() {
        guard let multi else { return }
        var left: Int32 = 0
        while let message = curl_multi_info_read(UnsafeMutableRawPointer(multi), &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            let key = HTTPTransfer.key(of: easy)
            curl_multi_remove_handle(UnsafeMutableRawPointer(multi), easy)
            if let transfer = transfers.removeValue(forKey: key) { transfer.finish(transfer.outcome(code)) }
        }
    }
}

/// Whether libcurl could be set up, which is done once for the process.
private let curlIsReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
