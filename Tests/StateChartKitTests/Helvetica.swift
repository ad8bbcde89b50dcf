/// Advance widths of Helvetica, in thousandths of the font size; Arial and Liberation Sans have the same. Source: the
/// Adobe font metrics of the 14 standard fonts. Here, because the tests must know how wide words really are.
enum Helvetica {
    static func width(of words: String, size: Double, isBold: Bool) -> Double {
        let sum = words.unicodeScalars.reduce(0) { $0 + (isBold ? bold : regular)[$1, default: 600] }
        return Double(sum) * size / 1000
    }

    private static let regular = table([
        222: "ijl", 278: " !,./:;It[]\\f", 333: "()-r`", 191: "'", 355: "\"", 389: "*", 469: "^", 500: "ckJsvxyz",
        556: "#$0123456789?L_abdeghnopqu–", 584: "+<=>~", 611: "FTZ", 667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQ",
        833: "Mm", 889: "%", 944: "W", 1000: "…", 1015: "@",
    ])

    private static let bold = table([
        238: "'", 278: " ,./Iijl[]\\", 333: "!()-:;tf", 389: "*r", 474: "\"", 500: "z", 556: "$0123456789Jaceksvxy_–",
        584: "+<=>~^", 611: "#?FLTZbdghnopqu", 667: "EPSVXY", 722: "&ABCDHKNRU", 778: "GOQw", 833: "M", 889: "%m",
        944: "W", 975: "@", 1000: "…",
    ])

    private static func table(_ widths: [Int: String]) -> [Unicode.Scalar: Int] {
        var table: [Unicode.Scalar: Int] = [:]
        for (width, letters) in widths {
            for letter in letters.unicodeScalars { table[letter] = width }
        }
        return table
    }
}
