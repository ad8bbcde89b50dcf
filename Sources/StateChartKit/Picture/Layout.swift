import ConnectionLifecycle

/// A place in the picture, in SVG user units from the upper left.
struct Point: Equatable {
    var x, y: Int

    init(_ x: Int, _ y: Int) {
        self.x = x
        self.y = y
    }
}

/// How one line runs, corner by corner, and where its first label begins.
struct Route {
    var corners: [Point]
    var label: Point
    /// The guard goes to a line of its own where the room is narrow.
    var wraps = false
}

/// Hand-set positions: six states on a ring of two rows. The happy path runs left to right above, recovery right to
/// left below; the way down from probing to stale and the way up from backoff to connecting close the ring.
enum Layout {
    static let size = Point(1264, 792)
    static let box = Point(170, 60)
    static let lineHeight = 21

    static func centre(_ state: State) -> Point {
        switch state {
        case .idle: Point(60, 190)
        case .connecting: Point(400, 190)
        case .open: Point(745, 190)
        case .probing: Point(1100, 190)
        case .stale: Point(1100, 520)
        case .terminating: Point(745, 520)
        case .backoff: Point(400, 520)
        case .stopped: Point(60, 520)
        }
    }

    /// Half the width and height that a line must keep clear of.
    static func extent(_ state: State) -> Point {
        switch state {
        case .idle: Point(10, 10)
        case .stopped: Point(14, 14)
        case .connecting, .open, .probing, .stale, .terminating, .backoff: Point(box.x / 2, box.y / 2)
        }
    }

    static func route(from: State, to: State) -> Route {
        routes["\(from.name) \(to.name)"] ?? plain(from: from, to: to)
    }

    /// For lines that the hand-set table does not know: along, then up or down.
    private static func plain(from: State, to: State) -> Route {
        let (start, end, extent) = (centre(from), centre(to), extent(to))
        if start.y == end.y {
            let side = start.x <= end.x ? -extent.x : extent.x
            return Route(
                corners: [start, Point(end.x + side, end.y)], label: Point((start.x + end.x) / 2 - 60, start.y - 8))
        }
        let side = start.y < end.y ? -extent.y : extent.y
        let corner = Point(end.x + 12, start.y)
        return Route(
            corners: [start, corner, Point(corner.x, end.y + side)],
            label: Point(corner.x + 8, (start.y + end.y) / 2))
    }

    private static let routes: [String: Route] = [
        // Above: the happy path.
        "idle connecting": Route(corners: [Point(70, 190), Point(315, 190)], label: Point(150, 180)),
        "connecting open": Route(corners: [Point(485, 190), Point(660, 190)], label: Point(534, 180)),
        "open probing": Route(corners: [Point(830, 176), Point(1015, 176)], label: Point(866, 124)),
        "probing open": Route(corners: [Point(1015, 206), Point(830, 206)], label: Point(800, 242)),
        // Down.
        "probing stale": Route(corners: [Point(1110, 220), Point(1110, 490)], label: Point(818, 396)),
        "open terminating": Route(corners: [Point(770, 220), Point(770, 490)], label: Point(780, 316)),
        "probing terminating": Route(
            corners: [Point(1070, 220), Point(1070, 352), Point(808, 352), Point(808, 490)], label: Point(936, 322)),
        "connecting terminating": Route(
            corners: [Point(455, 220), Point(455, 290), Point(716, 290), Point(716, 490)], label: Point(514, 316),
            wraps: true),
        "open backoff": Route(
            corners: [Point(700, 220), Point(700, 446), Point(455, 446), Point(455, 490)], label: Point(536, 437)),
        "connecting backoff": Route(
            corners: [Point(345, 220), Point(345, 490)], label: Point(182, 400), wraps: true),
        // Below: recovery.
        "stale terminating": Route(corners: [Point(1015, 520), Point(830, 520)], label: Point(866, 468)),
        "terminating backoff": Route(corners: [Point(660, 536), Point(485, 536)], label: Point(459, 568)),
        "backoff connecting": Route(corners: [Point(378, 490), Point(378, 220)], label: Point(388, 400)),
        "stale backoff": Route(
            corners: [Point(1100, 550), Point(1100, 652), Point(412, 652), Point(412, 550)], label: Point(1010, 643)),
        "probing backoff": Route(
            corners: [Point(1185, 190), Point(1236, 190), Point(1236, 690), Point(384, 690), Point(384, 550)],
            label: Point(1010, 681)),
        "terminating terminating": Route(
            corners: [Point(765, 550), Point(765, 596), Point(806, 596), Point(806, 550)], label: Point(818, 578)),
        // The end.
        "idle stopped": Route(corners: [Point(60, 200), Point(60, 506)], label: Point(70, 340)),
        "connecting stopped": Route(
            corners: [Point(315, 206), Point(150, 206), Point(150, 513), Point(74, 513)], label: Point(160, 262),
            wraps: true),
        "backoff stopped": Route(corners: [Point(315, 529), Point(74, 529)], label: Point(192, 520)),
        "terminating stopped": Route(
            corners: [Point(700, 550), Point(700, 616), Point(60, 616), Point(60, 534)], label: Point(76, 586)),
    ]
}
