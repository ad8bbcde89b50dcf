import TestCertificates
import WorldInterface

extension TLSCase {
    private static func trusting(
        _ certificates: TestCertificates, _ client: TLSServerOptions? = nil, lists: String? = nil,
        protocols: [String] = []
    ) -> TLSClientOptions {
        TLSClientOptions(
            certificateAuthorityFile: certificates.authorityFile, certificateChainFile: client?.certificateChainFile,
            privateKeyFile: client?.privateKeyFile, revocationListFile: lists, applicationProtocols: protocols)
    }

    /// About the server's certificate: the same for every server.
    static func certificates(_ server: Server) -> [TLSCase] {
        [
            TLSCase("good, by address", server, .answer("200")),
            TLSCase("good, by name", server, host: "localhost", .answer("200")),
            TLSCase("good, through an intermediate authority", server, identity: \.chained, .answer("200")),
            TLSCase(
                "expired", server, identity: \.expired, .error(.tlsUntrusted, ["of 127.0.0.1 expired on 20", "renew"])),
            TLSCase(
                "not yet valid", server, identity: \.future,
                .error(.tlsUntrusted, ["not valid before 20", "clock"])),
            TLSCase(
                "wrong host", server, identity: \.elsewhere, host: "localhost",
                .error(.tlsHostMismatch, ["for elsewhere.example", "not for localhost"])),
            TLSCase(
                "wrong address", server, identity: \.elsewhereByAddress,
                .error(.tlsHostMismatch, ["for 127.0.0.2", "not for 127.0.0.1"])),
            TLSCase(
                "self-signed", server, identity: \.selfSigned, .error(.tlsUntrusted, ["signed by itself", "--ca-file"])),
            TLSCase(
                "unknown authority", server, identity: \.strange,
                .error(.tlsUntrusted, ["\"Strange Authority\"", "--ca-file"])),
            TLSCase(
                "unknown authority, sent along", server, identity: \.strangeWithAuthority,
                .error(.tlsUntrusted, ["unknown authority, \"Strange Authority\"", "--ca-file"])),
            TLSCase(
                "unknown to the system", server, client: { _ in TLSClientOptions() },
                .error(.tlsUntrusted, ["\"Test Authority\"", "--ca-file"])),
            TLSCase(
                "intermediate missing", server, identity: \.incomplete,
                .error(.tlsUntrusted, ["\"Test Intermediate\"", "does not send its intermediate"])),
            TLSCase(
                "not revoked", server, client: { trusting($0, lists: $0.revocationListFile) }, .answer("200")),
            TLSCase(
                "not revoked, through an intermediate authority", server, identity: \.chained,
                client: { trusting($0, lists: $0.revocationListFile) }, .answer("200")),
            TLSCase(
                "revoked", server, identity: \.revoked, client: { trusting($0, lists: $0.revocationListFile) },
                .error(.tlsUntrusted, ["was revoked by \"Test Authority\""])),
            TLSCase(
                "no revocation list of the authority", server,
                client: { trusting($0, lists: $0.strangeRevocationListFile) },
                .error(.tlsUntrusted, ["none of \"Test Authority\"", "--crl-file"])),
            TLSCase(
                "revocation list outdated", server, client: { trusting($0, lists: $0.outdatedRevocationListFile) },
                .error(.tlsUntrusted, ["list of \"Test Authority\" was due", "--crl-file"])),
        ]
    }

    static let openssl: [TLSCase] =
        certificates(.openssl([])) + [
            TLSCase("TLS 1.2", .openssl(["-tls1_2"]), .answer("200")),
            TLSCase("TLS 1.3", .openssl(["-tls1_3"]), .answer("200")),
            TLSCase(
                "TLS 1.1 only", .openssl(["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]),
                .error(.tlsFailed, ["no TLS 1.2 or newer"])),
            TLSCase(
                "ALPN: chosen", .openssl(["-alpn", "http/1.1"]), client: { trusting($0, protocols: ["http/1.1"]) },
                .answer("200")),
            TLSCase(
                "ALPN: unknown to the server", .openssl([]), client: { trusting($0, protocols: ["http/1.1"]) },
                .answer("200")),
            TLSCase(
                "ALPN: nothing in common", .openssl(["-alpn", "spdy/3"]),
                client: { trusting($0, protocols: ["http/1.1"]) },
                .error(.tlsFailed, ["none of the protocols", "ALPN"])),
        ] + clientCertificates("1.2") + clientCertificates("1.3")

    private static func clientCertificates(_ version: String) -> [TLSCase] {
        let flag = version == "1.2" ? "-tls1_2" : "-tls1_3"
        // Replaced by the authority's file when the server is started.
        let server = Server.openssl([flag, "-Verify", "3", "-verify_return_error", "-CAfile", "AUTHORITY"])
        return [
            TLSCase(
                "client certificate wanted and given, TLS \(version)", server, client: { trusting($0, $0.client) },
                .answer("200")),
            TLSCase(
                "client certificate wanted, its key in the same file, TLS \(version)", server,
                client: {
                    TLSClientOptions(
                        certificateAuthorityFile: $0.authorityFile, certificateChainFile: $0.clientBundleFile)
                }, .answer("200")),
            TLSCase(
                "client certificate wanted, not given, TLS \(version)", server,
                .error(.tlsFailed, ["client certificate", "--client-certificate"])),
            TLSCase(
                "client certificate wanted, a strange one given, TLS \(version)", server,
                client: { trusting($0, $0.strangeClient) },
                .error(.tlsFailed, ["does not know the authority of the client certificate"])),
            TLSCase(
                "client certificate wanted, an expired one given, TLS \(version)", server,
                client: { trusting($0, $0.expiredClient) }, .error(.tlsFailed, ["client certificate", "expired"])),
        ]
    }

    static let nginx: [TLSCase] =
        certificates(.nginx { _ in [] }) + [
            TLSCase(
                "TLS 1.1 only", .nginx { _ in ["ssl_protocols TLSv1.1;", "ssl_ciphers DEFAULT@SECLEVEL=0;"] },
                .error(.tlsFailed, ["no TLS 1.2 or newer"])),
            TLSCase(
                "ALPN: chosen", .nginx { _ in [] }, client: { trusting($0, protocols: ["http/1.1"]) },
                .answer("alpn=http/1.1")),
            TLSCase(
                "client certificate wanted and given", .nginx(verifying), client: { trusting($0, $0.client) },
                .answer("200")),
            // nginx lets the handshake succeed and says it in HTTP.
            TLSCase("client certificate wanted, not given", .nginx(verifying), .answer("400")),
            TLSCase(
                "client certificate wanted, a strange one given", .nginx(verifying),
                client: { trusting($0, $0.strangeClient) }, .answer("400")),
        ]

    @Sendable private static func verifying(_ certificates: TestCertificates) -> [String] {
        ["ssl_client_certificate \(certificates.authorityFile);", "ssl_verify_client on;"]
    }
}
