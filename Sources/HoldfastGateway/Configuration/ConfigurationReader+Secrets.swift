internal import HoldfastMattermost
internal import WorldInterface

/// Secrets come from a file or the environment. What the file says of them – a path, the name of a variable – is not shown in
/// findings either: somebody may have written the secret itself there.
extension ConfigurationReader {
    /// What `BASE_file` or `BASE_env` leads to, and where that stands.
    struct Found {
        var bytes: [UInt8]
        var reference: JSONNode
        /// "the file that is named here" or "the environment variable that is named here".
        var origin: String

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// Nil where there is none, or it cannot be had; the latter is noted.
    mutating func secret(_ base: String, in part: Part) -> Found? {
        let found: Found
        if let reference = value("\(base)_file", in: part), let path = path("\(base)_file", in: part) {
            let origin = "the file that is named here"
            do throws(GatewayConfiguration.UnusableFile) {
                found = Found(bytes: try surroundings.secretFile(path), reference: reference, origin: origin)
            } catch {
                note(reference.offset, "\(origin) \(error)\(whereRelative(reference))")
                return nil
            }
        } else if let reference = value("\(base)_env", in: part), let name = reference.text {
            let origin = "the environment variable that is named here"
            guard let value = surroundings.variable(name) else {
                note(reference.offset, "\(origin) is not set")
                return nil
            }
            found = Found(bytes: Array(value.utf8), reference: reference, origin: origin)
        } else {
            return nil
        }
        guard found.bytes.contains(where: { $0 != 0x20 && !(0x09...0x0D).contains($0) }) else {
            note(found.reference.offset, "\(found.origin) is empty")
            return nil
        }
        return found
    }

    mutating func token(in part: Part) -> Token? {
        guard let found = secret("token", in: part) else { return nil }
        do throws(InvalidToken) {
            return try Token(found.text)
        } catch {
            note(found.reference.offset, "\(found.origin) holds no token. \(error.description.withoutStop)")
            return nil
        }
    }

    mutating func signingSecret(in part: Part) -> Secret? {
        guard let found = secret("secret", in: part) else { return nil }
        guard let secret = Secret(found.bytes) else {
            note(found.reference.offset, "\(found.origin) holds more than the 4,096 bytes that a secret may have")
            return nil
        }
        return secret
    }

    mutating func proxyCredentials(in part: Part) -> ProxyCredentials? {
        guard let found = secret("proxy_credentials", in: part) else { return nil }
        var line = found.text[...]
        while let last = line.last, last.isNewline { line.removeLast() }
        guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
            note(found.reference.offset, "\(found.origin) must hold user:password, in one line")
            return nil
        }
        do throws(InvalidProxyURL) {
            return try ProxyCredentials(user: String(line[..<colon]), password: String(line[colon...].dropFirst()))
        } catch {
            note(found.reference.offset, "\(found.origin) holds no credentials: \(error.description.withoutStop)")
            return nil
        }
    }
}

extension String {
    /// Findings end without a full stop.
    var withoutStop: Substring { hasSuffix(".") ? dropLast() : self[...] }
}
