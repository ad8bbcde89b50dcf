import Foundation

extension Encodable {
    /// As JSON with sorted keys, so that the same value is the same text. For strings, and numbers that are finite, which
    /// cannot fail to be encoded.
    ///
    /// - Parameter isIndented: for people as well.
    func jsonText(isIndented: Bool = true) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isIndented { encoder.outputFormatting.insert(.prettyPrinted) }
        return String(decoding: (try? encoder.encode(self)) ?? Data(), as: UTF8.self)
    }
}
