internal import COpenSSL

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1) of a message: 32 bytes. May be called from anywhere.
public func messageAuthentication(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    _ = HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, &length)
    return Array(code.prefix(Int(length)))
}
