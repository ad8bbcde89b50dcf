internal import CSimdJSON
public import WorldInterface

/// Why a request to the server failed. The descriptions say what to do and never contain a secret.
public enum MattermostError: Error, Hashable, Sendable, CustomStringConvertible {
    /// 429: the server asks for a pause.
    case rateLimited(retryAfter: Duration)
    /// 401. Not final: the account may be enabled again, or the server's database may be down.
    case unauthorized(id: String, message: String)
    /// 403.
    case forbidden(id: String, message: String)
    /// 404.
    case notFound(id: String, message: String)
    /// 400, and other answers that say that the request is wrong.
    case badRequest(status: Int, id: String, message: String)
    /// 5xx.
    case server(status: Int, id: String, message: String)
    /// The server was not reached, or the connection ended.
    case transport(NetworkError)
    /// An answer that Mattermost does not give: another server, or a proxy, stands there.
    case unexpected(String)

    public var description: String {
        switch self {
        case .rateLimited(let pause):
            "the server limits the rate of requests; wait \(pause) and ask less often"
        case .unauthorized(_, let message):
            "the server does not accept the token (\(message)); check that it is the right one and that the account is enabled"
        case .forbidden(_, let message):
            "the account may not do this (\(message)); give it the permission, or add it to the team or channel"
        case .notFound(_, let message):
            "the server does not have it (\(message)); check the id and the server URL"
        case .badRequest(let status, _, let message):
            "the server refuses the request (\(status): \(message))"
        case .server(let status, _, let message):
            "the server failed (\(status): \(message)); try again later"
        case .transport(let error): error.description
        case .unexpected(let what): what
        }
    }
}

extension MattermostError {
    /// For an answer that is no success.
    init(_ response: HTTPResponse, hiding secrets: [String]) {
        let (id, message) = Self.wording(of: response, hiding: secrets)
        switch response.status {
        case 429: self = .rateLimited(retryAfter: Self.pause(of: response))
        case 401: self = .unauthorized(id: id, message: message)
        case 403: self = .forbidden(id: id, message: message)
        case 404: self = .notFound(id: id, message: message)
        case 400...499: self = .badRequest(status: response.status, id: id, message: message)
        case 500...599: self = .server(status: response.status, id: id, message: message)
        default:
            self = .unexpected("the server answered with status \(response.status); check the server URL")
        }
    }

    /// `Retry-After` in seconds (RFC 9110 §10.2.3), else `X-Ratelimit-Reset`; between a second and an hour, so that no
    /// answer stops a client for good.
    private static func pause(of response: HTTPResponse) -> Duration {
        let seconds =
            ["Retry-After", "X-Ratelimit-Reset"].lazy.compactMap { response.header($0).flatMap { Int64($0) } }.first
        return .seconds(min(max(seconds ?? 1, 1), 3600))
    }

    /// Mattermost's own words where it speaks; a short excerpt of what a proxy says.
    private static func wording(of response: HTTPResponse, hiding secrets: [String]) -> (id: String, message: String) {
        let error = try? withPadding(response.body.prefix(64 << 10)) { json throws(DecodingFailure) in
            var record = HoldfastError()
            try holdfast_read_error(json, &record).check()
            return ReplyError(record)
        }
        guard let error else {
            let text = String(decoding: response.body.prefix(64 << 10), as: UTF8.self)
            return ("", excerpt(withoutMarkup(text), hiding: secrets))
        }
        return (excerpt(error.id, hiding: secrets), excerpt(error.message, hiding: secrets))
    }

    /// One printable line of at most 200 characters.
    private static func excerpt(_ text: String, hiding secrets: [String]) -> String {
        var text = text
        for secret in secrets where !secret.isEmpty { text = text.hiding(secret) }
        var line = ""
        for character in text {
            if character.isWhitespace
                || character.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
            {
                if line.last?.isWhitespace == false { line.append(" ") }
            } else {
                line.append(character)
            }
            if line.count >= 200 { return line + "…" }
        }
        while line.last?.isWhitespace == true { line.removeLast() }
        return line.isEmpty ? "no message" : line
    }

    /// What a page says without its tags.
    private static func withoutMarkup(_ text: String) -> String {
        var result = ""
        var isInTag = false
        for character in text {
            switch character {
            case "<": isInTag = true
            case ">" where isInTag:
                isInTag = false
                result.append(" ")
            default:
                if !isInTag { result.append(character) }
            }
        }
        return result
    }
}

extension String {
    /// With `…` for each occurrence of the secret. By scalars: as characters, a secret with an accent on its last letter
    /// would be another one.
    func hiding(_ secret: String) -> String {
        var clean = String.UnicodeScalarView()
        var rest = Substring(self).unicodeScalars
        while let range = rest.firstRange(of: secret.unicodeScalars) {
            clean += rest[..<range.lowerBound]
            clean.append("…")
            rest = rest[range.upperBound...]
        }
        return String(clean + rest)
    }
}
