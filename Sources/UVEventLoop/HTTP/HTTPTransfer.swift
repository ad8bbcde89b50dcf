internal import CCurl
import WorldInterface

/// One request in libcurl's hands, and what has come back. Loop-confined.
final class HTTPTransfer: CustomStringConvertible {
    typealias Outcome = Result<HTTPResponse, NetworkError>

    /// A `CURL *`.
    let easy: UnsafeMutableRawPointer
    var continuation: CheckedContinuation<Outcome, Never>?
    /// Method and URL without credentials and query: fit for a log.
    let description: String
    let request: HTTPRequest
    /// Nil where no TLS can come about.
    let tls: TLSContext?
    let verification = Verification(notesNames: true)
    /// Where libcurl writes what went wrong.
    let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    /// The way that the request takes; nil is the direct one.
    let proxy: ProxyServer?
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var headers: [(name: String, value: String)] = []
    private var headerByteCount = 0
    private var body: [UInt8] = []
    private var overflow = false
    private var headerOverflow = false

    private static let maximumHeaderBytes = 64 << 10

    init(_ request: HTTPRequest, tls: TLSContext?) throws(NetworkError) {
        self.request = request
        self.tls = tls
        errorText.pointee = 0
        description = request.description
        for text in [request.method, request.url] + request.headers.flatMap({ [$0.name, $0.value] })
        where text.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) {
            throw NetworkError(.malformed, "\(description): a line break must not stand in a request")
        }
        proxy = try request.proxyServer(description)
        guard let easy = curl_easy_init() else { throw NetworkError(.other, "libcurl cannot start a request") }
        self.easy = easy
        configure()
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(fields)
        errorText.deallocate()
    }

    private func configure() {
        set(CURLOPT_URL, request.url)
        set(CURLOPT_CUSTOMREQUEST, request.method)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        set(CURLOPT_ACCEPT_ENCODING, "")  // All that this libcurl can decode.
        configureTransport()
        // Not used again after that: many servers keep an idle one for 60 s, and a path that has died meanwhile would cost a
        // whole timeout, once for each connection that waits in the pool.
        set(CURLOPT_MAXAGE_CONN, 40)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, request.maximumRedirects > 0 ? 1 : 0)
        set(CURLOPT_MAXREDIRS, request.maximumRedirects)
        set(CURLOPT_TIMEOUT_MS, max(1, Int(clamping: request.timeout.wholeNanoseconds / 1_000_000)))
        holdfast_setopt_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        configureTLS(request.tls)
        for field in request.headers { append(field.name + ": " + field.value) }
        append("Expect:")  // No 100-continue round trip.
        if !request.body.isEmpty || request.method == "POST" || request.method == "PUT" {
            holdfast_setopt_large(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
            request.body.withUnsafeBytes {
                // libcurl copies it.
                let base = $0.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
                if let base {
                    holdfast_setopt_pointer(easy, CURLOPT_COPYPOSTFIELDS, base)
                } else {
                    set(CURLOPT_COPYPOSTFIELDS, "")
                }
            }
            set(CURLOPT_CUSTOMREQUEST, request.method)
        } else if request.method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
        }
        holdfast_setopt_list(easy, CURLOPT_HTTPHEADER, fields)
    }

    func set(_ option: CURLoption, _ value: String) { holdfast_setopt_string(easy, option, value) }
    func set(_ option: CURLoption, _ value: Int) { holdfast_setopt_long(easy, option, value) }
    private func append(_ line: String) { fields = curl_slist_append(fields, line) ?? fields }

    /// Lets libcurl's callbacks find their way here; `key` comes back with the result.
    func attach(key: UInt64) {
        // Unretained: the client holds the transfer until it has taken it from libcurl.
        let context = Unmanaged.passUnretained(self).toOpaque()
        holdfast_setopt_pointer(easy, CURLOPT_WRITEDATA, context)
        holdfast_setopt_data_function(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.appendBody(UnsafeRawBufferPointer(start: data, count: size * count))
        }
        holdfast_setopt_pointer(easy, CURLOPT_HEADERDATA, context)
        holdfast_setopt_data_function(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.appendHeader(UnsafeRawBufferPointer(start: data, count: size * count))
        }
        holdfast_setopt_pointer(easy, CURLOPT_PRIVATE, UnsafeMutableRawPointer(bitPattern: UInt(key)))
    }

    static func key(of easy: UnsafeMutableRawPointer) -> UInt64 {
        var key: UnsafeMutableRawPointer?
        holdfast_getinfo_pointer(easy, CURLINFO_PRIVATE, &key)
        return UInt64(UInt(bitPattern: key))
    }

    private func appendBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= request.maximumBodyBytes else {
            overflow = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    private func appendHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        headerByteCount += bytes.count
        guard headerByteCount <= HTTPTransfer.maximumHeaderBytes else {
            headerOverflow = true
            return 0
        }
        let line = String(decoding: bytes, as: UTF8.self)
        // A redirect, an interim answer or a proxy brings a header block of its own; the last one counts.
        if line.hasPrefix("HTTP/") { headers = [] }
        if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append((String(line[..<colon]), String(value.prefix { !$0.isNewline })))
        }
        return bytes.count
    }

    // MARK: - End

    func finish(_ outcome: Outcome) {
        let waiter = continuation
        continuation = nil
        waiter?.resume(returning: outcome)
    }

    func outcome(_ code: CURLcode) -> Outcome {
        guard code == CURLE_OK else { return .failure(failure(code)) }
        var status = 0
        holdfast_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status)
        if isPlain, PlainRefusal.isOne(status: status, body: body) {
            return .failure(HTTPTransfer.looksLikeTLS(authority))
        }
        return .success(HTTPResponse(status: status, headers: headers, body: body))
    }

    private func failure(_ code: CURLcode) -> NetworkError {
        if overflow {
            return NetworkError(
                .tooLarge, "\(description): the answer is longer than \(request.maximumBodyBytes) bytes")
        }
        if let error = wayFailure(code) { return error }
        // libcurl has a bound of its own for one line, and says that memory is short.
        if headerOverflow || code == CURLE_OUT_OF_MEMORY {
            return NetworkError(
                .tooLarge,
                "\(description): the headers of the answer are longer than \(HTTPTransfer.maximumHeaderBytes) bytes")
        }
        if let error = tlsFailure(code) {
            return naming(proxyFor: code, NetworkError(error.kind, "\(description): \(error.message)"))
        }
        let kind: NetworkError.Kind
        var advice = ""
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            (kind, advice) = (.nameNotFound, "; check the spelling and the name server")
        case CURLE_COULDNT_CONNECT: (kind, advice) = (.refused, "; is the server running, and is the port right?")
        case CURLE_OPERATION_TIMEDOUT: kind = .timedOut
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_CERTPROBLEM:
            (kind, advice) = (.tlsFailed, "; has a file of certificates, keys or revocation lists changed?")
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE: kind = .reset
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: kind = .malformed
        case CURLE_OUT_OF_MEMORY: kind = .outOfMemory
        default: kind = .other
        }
        return naming(
            proxyFor: code, NetworkError(kind, "\(description): \(String(cString: curl_easy_strerror(code)))\(advice)"))
    }
}
