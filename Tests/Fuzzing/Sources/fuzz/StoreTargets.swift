import Foundation
import Holdfast
import HoldfastStore

extension FuzzTarget {
    /// Rows that nobody wrote so: a list of (statement, row, value). A value is a number, a text, bytes or NULL.
    static let storeRows = FuzzTarget(
        name: "store-rows", summary: "a store in whose tables any column of any row was replaced", maximumBytes: 256,
        dictionary: [
            "{\"event\":", "a/b/c", "\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{7F}", "\0\0\0\0\0\0\u{1}\0",
            "\0\0\0\0\0\0\0\u{80}",
        ],
        seeds: {
            (0..<UInt8(StoreFile.columns.count)).flatMap { column in
                let numbers: [[UInt8]] = [
                    [0, 0, 0, 0, 0, 0, 0, 0], [255, 255, 255, 255, 255, 255, 255, 127], [0, 0, 0, 0, 0, 0, 0, 128],
                    [0, 0, 0, 0, 0, 0, 1, 0],
                ]
                return numbers.map { [column, 0, 0, 8] + $0 }
                    + [[column, 1, 1, 3, 0x61, 0x2F, 0x62], [column, 2, 2, 2, 0xFF, 0x00], [column, 0, 3, 0]]
            }
        },
        run: { input in
            StoreFile.restore()
            StoreFile.replaceColumns(input)
            StoreFile.open()
        })

    /// The first byte chooses file, log or list of what was acknowledged; then (offset, value) pairs, or a new length.
    static let storeFile = FuzzTarget(
        name: "store-file", summary: "a store of which bytes were changed or cut off, or its log or its path-done",
        maximumBytes: 512, dictionary: ["SQLite format 3\0", "Hold"],
        seeds: {
            let offsets: [UInt16] = [0, 16, 18, 24, 28, 32, 40, 60, 68, 100, 103, 105, 108, 4096, 4099, 8192, 12288]
            let changed = offsets.map { offset in [UInt8(0), 0, UInt8(offset & 255), UInt8(offset >> 8), 0xFF] }
            let cut = offsets.map { offset in [UInt8(0), 1, UInt8(offset & 255), UInt8(offset >> 8), 0] }
            return changed + cut
                + (1...2).flatMap { which in
                    offsets.map { [UInt8(which), 0, UInt8($0 & 255), UInt8($0 >> 8), 0x5A] }
                }
        },
        run: { input in
            StoreFile.restore()
            StoreFile.changeBytes(input)
            StoreFile.open()
        })
}
