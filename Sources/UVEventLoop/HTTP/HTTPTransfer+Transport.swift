internal import CCurl
internal import CLibuv
import WorldInterface

/// The way a request takes to its server, and what is said when it leads nowhere.
extension HTTPTransfer {
    /// libcurl asks no environment: which way to take has been decided by the rules that the WebSocket follows, too.
    func configureTransport() {
        // A name lookup that hangs goes on in its own thread when the request gives up; else libcurl would wait for it, and
        // the whole loop with it.
        set(CURLOPT_QUICK_EXIT, 1)
        holdfast_setopt_socket_function(
            easy,
            { context, socket, _ in
                guard let context else { return CURL_SOCKOPT_ERROR }
                Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue().request.transport.liveness
                    .apply(to: socket)
                return CURL_SOCKOPT_OK
                // Unretained: libcurl opens sockets only while the client holds the transfer.
            }, Unmanaged.passUnretained(self).toOpaque())
        if let path = request.socketPath { set(CURLOPT_UNIX_SOCKET_PATH, path) }
        set(CURLOPT_NOPROXY, "")
        set(CURLOPT_PROXY, proxy?.description ?? "")
        guard let proxy else { return }
        set(CURLOPT_HTTPPROXYTUNNEL, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_PROXYAUTH, Int(holdfast_auth_basic))
        if let credentials = proxy.credentials {
            set(CURLOPT_PROXYUSERNAME, credentials.user)
            set(CURLOPT_PROXYPASSWORD, credentials.password)
        }
        set(CURLOPT_PROXY_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if request.isSecure, let file = request.tls.certificateAuthorityFile {
            set(CURLOPT_PROXY_CAINFO, file)
            holdfast_setopt_string(easy, CURLOPT_PROXY_CAPATH, nil)
        }
    }

    /// Why there was no way to the server, where more can be said than libcurl's code does.
    func wayFailure(_ code: CURLcode) -> NetworkError? {
        if let refusal = proxyRefusal { return refusal }
        if Self.needDescriptors(code), let shortage = DescriptorShortage.current {
            return NetworkError(uv: shortage.code, description)
        }
        // libcurl says only by `errno` why it has no connection at all.
        guard code == CURLE_COULDNT_CONNECT else { return nil }
        var number = 0
        holdfast_getinfo_long(easy, CURLINFO_OS_ERRNO, &number)
        return connectFailure(-Int32(truncatingIfNeeded: number)).map { naming(proxyFor: code, $0) }
    }

    /// From libuv's code.
    private func connectFailure(_ code: Int32) -> NetworkError? {
        switch uv_errno_t(code) {
        case UV_EADDRNOTAVAIL, UV_EAGAIN, UV_EACCES, UV_EPERM, UV_EMFILE, UV_ENFILE, UV_ENOBUFS, UV_ENOMEM,
            UV_ENETUNREACH, UV_EHOSTUNREACH, UV_ETIMEDOUT:
            NetworkError(connecting: description, isIPv6: false, code)
        default: nil
        }
    }

    /// The proxy's own answer, where that was not a tunnel.
    private var proxyRefusal: NetworkError? {
        guard let proxy, let target = request.endpoint else { return nil }
        var status = 0
        holdfast_getinfo_long(easy, CURLINFO_HTTP_CONNECTCODE, &status)
        guard status >= 300 else { return nil }
        var offered = 0
        holdfast_getinfo_long(easy, CURLINFO_PROXYAUTH_AVAIL, &offered)
        let known: [(name: String, bit: UInt)] = [
            ("Basic", holdfast_auth_basic), ("Digest", holdfast_auth_digest),
            ("Negotiate", holdfast_auth_negotiate), ("NTLM", holdfast_auth_ntlm),
        ]
        let schemes = known.filter { UInt(bitPattern: offered) & $0.bit != 0 }.map(\.name)
        return proxy.refusal(of: target, status: status, schemes: schemes)
    }

    /// Before there is a tunnel, what fails is the way to the proxy; after that it may be on either side of it.
    func naming(proxyFor code: CURLcode, _ error: NetworkError) -> NetworkError {
        guard let proxy else { return error }
        switch code {
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: return proxy.failure(error)
        default: return NetworkError(error.kind, "\(error.message) (through the proxy \(proxy))")
        }
    }

    /// Failures behind which there may be the lack of a descriptor, of which libcurl says nothing.
    private static func needDescriptors(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_OUT_OF_MEMORY,
            CURLE_FAILED_INIT, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CONNECT_ERROR:
            true
        default: false
        }
    }
}

extension HTTPRequest {
    /// By the scheme.
    var isSecure: Bool { url.prefix(6).lowercased() == "https:" }

    /// Where the URL points; nil where libcurl will refuse it.
    var endpoint: Endpoint? {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK,
            let host = Self.part(CURLUPART_HOST, of: handle),
            let port = Self.part(CURLUPART_PORT, of: handle).flatMap({ UInt16($0) })
        else { return nil }
        return Endpoint(host: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host, port: port)
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }

    /// The proxy that this request goes through; nil for none. An error names the request.
    func proxyServer(_ description: String) throws(NetworkError) -> ProxyServer? {
        guard socketPath == nil, let endpoint else { return nil }
        do throws(NetworkError) {
            return try transport.proxy.server(for: endpoint, isSecure: isSecure)
        } catch {
            throw NetworkError(error.kind, "\(description): \(error.message)")
        }
    }
}
