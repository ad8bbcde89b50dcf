import COpenSSL
public import WorldInterface

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Certificates made for one test, in a directory of its own that goes with it.
public final class TestCertificates {
    public let directory: String
    private var written: [String] = []

    /// The authority that signs; `authority.pem`.
    public var authorityFile: String { path("authority.pem") }
    /// An authority that no one trusts.
    public var strangeAuthorityFile: String { path("strange.pem") }
    /// The lists of the authority and of its intermediate.
    public var revocationListFile: String { path("lists.pem") }
    /// Only that of the strange authority.
    public var strangeRevocationListFile: String { path("strange-list.pem") }
    /// The authority's, but due to be replaced yesterday.
    public var outdatedRevocationListFile: String { path("outdated-list.pem") }

    /// Valid for `localhost` and 127.0.0.1.
    public var server: TLSServerOptions { options("server") }
    /// The same, but expired.
    public var expired: TLSServerOptions { options("expired") }
    /// The same, but only valid from tomorrow on.
    public var future: TLSServerOptions { options("future") }
    /// The same, but on the authority's list.
    public var revoked: TLSServerOptions { options("revoked") }
    /// The same, but signed by itself.
    public var selfSigned: TLSServerOptions { options("self-signed") }
    /// The same, from the strange authority, which is not sent along.
    public var strange: TLSServerOptions { options("strange-server") }
    /// The same, and the strange authority sent along.
    public var strangeWithAuthority: TLSServerOptions { options("strange-server", chain: "strange-chain") }
    /// For another host.
    public var elsewhere: TLSServerOptions { options("elsewhere") }
    /// For 127.0.0.2 only.
    public var elsewhereByAddress: TLSServerOptions { options("elsewhere-address") }
    /// From an intermediate authority, which is sent along.
    public var chained: TLSServerOptions { options("chained", chain: "whole-chain") }
    /// The same, without the intermediate one.
    public var incomplete: TLSServerOptions { options("chained") }

    /// A client's, from the authority.
    public var client: TLSServerOptions { options("client") }
    /// A client's, from the strange authority.
    public var strangeClient: TLSServerOptions { options("strange-client") }
    /// A client's, expired.
    public var expiredClient: TLSServerOptions { options("expired-client") }
    /// The client's key under a passphrase.
    public var encryptedKeyFile: String { path("encrypted.key") }
    /// The client's certificate and its key in one file.
    public var clientBundleFile: String { path("client-bundle.pem") }

    public init() {
        var template = Array("/tmp/holdfast-certificates-XXXXXX".utf8CString)
        directory = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
        let authority = Issued("Test Authority", by: nil, names: nil)
        let intermediate = Issued("Test Intermediate", by: authority, names: nil)
        let strange = Issued("Strange Authority", by: nil, names: nil)
        let here = "DNS:localhost,IP:127.0.0.1"
        write(authority, "authority", key: false)
        write(strange, "strange", key: false)
        write(Issued("server", by: authority, names: here), "server")
        write(Issued("expired", by: authority, names: here, from: -2, until: -1), "expired")
        write(Issued("future", by: authority, names: here, from: 1, until: 2), "future")
        write(Issued("self-signed", by: nil, names: here), "self-signed")
        write(Issued("elsewhere", by: authority, names: "DNS:elsewhere.example"), "elsewhere")
        write(Issued("elsewhere", by: authority, names: "IP:127.0.0.2"), "elsewhere-address")
        let revoked = Issued("revoked", by: authority, names: here)
        write(revoked, "revoked")
        let strangeServer = Issued("strange-server", by: strange, names: here)
        write(strangeServer, "strange-server")
        write([strangeServer, strange], "strange-chain")
        let chained = Issued("chained", by: intermediate, names: here)
        write(chained, "chained")
        write([chained, intermediate], "whole-chain")

        let client = Issued("client", by: authority, names: "DNS:client.example")
        write(client, "client")
        write(Issued("strange-client", by: strange, names: "DNS:client.example"), "strange-client")
        write(
            Issued("expired-client", by: authority, names: "DNS:client.example", from: -2, until: -1), "expired-client")
        output("client-bundle.pem") {
            PEM_write_bio_X509($0, client.certificate)
            PEM_write_bio_PrivateKey($0, client.key, nil, nil, 0, nil, nil)
        }
        output("encrypted.key") {
            let passphrase = Array("passphrase".utf8)
            PEM_write_bio_PrivateKey($0, client.key, EVP_aes_256_cbc(), passphrase, Int32(passphrase.count), nil, nil)
        }

        output("lists.pem") { file in
            authority.writeRevocationList(of: [revoked], to: file)
            intermediate.writeRevocationList(of: [], to: file)
        }
        output("strange-list.pem") { strange.writeRevocationList(of: [], to: $0) }
        output("outdated-list.pem") { authority.writeRevocationList(of: [], until: -1, to: $0) }
    }

    deinit {
        for file in written { unlink(path(file)) }
        rmdir(directory)
    }

    private func path(_ file: String) -> String { "\(directory)/\(file)" }

    private func options(_ file: String, chain: String? = nil) -> TLSServerOptions {
        TLSServerOptions(certificateChainFile: path("\(chain ?? file).pem"), privateKeyFile: path("\(file).key"))
    }

    private func write(_ issued: Issued, _ name: String, key: Bool = true) {
        write([issued], name)
        guard key else { return }
        output("\(name).key") { PEM_write_bio_PrivateKey($0, issued.key, nil, nil, 0, nil, nil) }
    }

    private func write(_ chain: [Issued], _ name: String) {
        output("\(name).pem") { file in for issued in chain { PEM_write_bio_X509(file, issued.certificate) } }
    }

    private func output(_ name: String, _ body: (OpaquePointer?) -> Void) {
        let file = BIO_new_file(path(name), "w")
        body(file)
        BIO_free(file)
        written.append(name)
    }
}
