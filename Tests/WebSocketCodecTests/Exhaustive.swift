/// How far the exhaustive tests go.
enum Exhaustive {
    /// All that there is in optimised code; in other, which takes twenty times as long, what tells the cases apart.
    static var isFull: Bool {
        #if DEBUG
            false
        #else
            true
        #endif
    }
}
