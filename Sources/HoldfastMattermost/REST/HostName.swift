internal import CIDN2

/// Names as people write them, in the form in which they are looked up (RFC 5891, UTS 46): `bücher.example` is
/// `xn--bcher-kva.example`. That one form goes to DNS, TLS, `Host` and REST alike, and into logs, where a forged name shows.
enum HostName {
    /// A name with at least one character outside ASCII.
    static func ascii(_ name: Substring) throws(InvalidServerURL) -> String {
        for label in name.split(separator: ".") where mixesScripts(label) {
            throw InvalidServerURL(
                "The host of the server URL mixes letters of different scripts that look alike, as a forged address "
                    + "does; if it is meant, write that part as xn--…")
        }
        var found: UnsafeMutablePointer<UInt8>?
        // Non-transitional: "ß" stays itself, as in browsers. The flag makes it follow UTS 46, which folds the case.
        let flags = Int32(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
        let code = String(name).withCString(encodedAs: UTF8.self) { idn2_lookup_u8($0, &found, flags) }
        guard code == IDN2_OK.rawValue, let found else {
            let reason = idn2_strerror(code).map { String(cString: $0) } ?? "error \(code)"
            throw InvalidServerURL("The host of the server URL is no valid international name: \(reason).")
        }
        defer { idn2_free(found) }
        return String(cString: found)
    }

    /// Latin, Greek and Cyrillic share the shapes of many letters; no language writes a word in two of them. (UTS 39 §5.1
    /// has more, of which a name's `xn--` form tells as well.)
    private static func mixesScripts(_ label: Substring) -> Bool {
        var scripts: Set<Int> = []
        for scalar in label.unicodeScalars where scalar.properties.isAlphabetic {
            switch scalar.value {
            case 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F, 0x1E00...0x1EFF: scripts.insert(0)
            case 0x370...0x3FF, 0x1F00...0x1FFF: scripts.insert(1)
            case 0x400...0x52F, 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F: scripts.insert(2)
            // Other scripts are not mistaken for these.
            default: break
            }
        }
        return scripts.count > 1
    }
}
