import ConnectionLifecycle

/// Hand-set positions: six states on a ring of two rows. The happy path runs left to right above, recovery right to
/// left below; the way down from probing to stale and the way up from backoff to connecting close the ring. A state
/// stands in the same place in every picture of the whole machine.
enum Layout {
    /// The picture of every transition.
    static let size = Point(1264, 830)
    static let box = Point(170, 60)

    static func centre(_ state: State) -> Point {
        switch state {
        case .idle: Point(60, 190)
        case .connecting: Point(400, 190)
        case .open: Point(745, 190)
        case .probing: Point(1100, 190)
        case .stale: Point(1100, 550)
        case .terminating: Point(745, 550)
        case .backoff: Point(400, 550)
        case .stopped: Point(60, 550)
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

    /// A line of the picture of every transition.
    static func route(from: State, to: State) -> Route {
        Routes.complete["\(from.name) \(to.name)"] ?? plain(from: from, to: to)
    }

    /// A line of one of the pictures of the whole machine.
    static func route(_ edge: Edge, in view: ChartView) -> Route {
        let name = "\(edge.from.name) \(edge.to.name)"
        let own: [String: Route]
        switch view {
        case .overview: own = Routes.overview
        case .deadlines: own = Routes.deadlines
        case .shutdown: own = Routes.shutdown
        case .complete, .state: own = [:]
        }
        return own[name] ?? route(from: edge.from, to: edge.to)
    }

    /// For lines that the hand-set tables do not know: along, then up or down.
    private static func plain(from: State, to: State) -> Route {
        let (start, end, extent) = (centre(from), centre(to), extent(to))
        if start.y == end.y, start.x != end.x {
            // Along the inner side of the ring, beside the line that may lead straight from one box to the other.
            let (side, inward) = (start.x < end.x ? 1 : -1, start.y < size.y / 2 ? 1 : -1)
            let (left, right) = (start.x + 40 * side, end.x - 40 * side)
            let (edge, lane) = (start.y + extent.y * inward, start.y + (extent.y + 26) * inward)
            return Route(
                corners: [Point(left, edge), Point(left, lane), Point(right, lane), Point(right, edge)],
                label: Point((left + right) / 2 - 50, lane + (inward > 0 ? 18 : -6)))
        }
        let side = start.y < end.y ? -extent.y : extent.y
        let corner = Point(end.x + 12, start.y)
        return Route(
            corners: [start, corner, Point(corner.x, end.y + side)],
            label: Point(corner.x + 8, (start.y + end.y) / 2))
    }

    /// The frame around the states that hold a socket which delivers, and the line that leaves all of them.
    enum Group {
        static let states: [State] = [.open, .probing, .stale]
        static let frame = [
            Point(632, 86), Point(1240, 86), Point(1240, 602), Point(974, 602), Point(974, 318), Point(632, 318),
        ]
        static let remark = Point(744, 358)

        /// nil where the line was not foreseen: then each state gets its own.
        static func route(_ edge: Edge) -> Route? {
            guard edge.sources == states, edge.to == .terminating else { return nil }
            return Route(corners: [Point(730, 318), Point(730, 520)], label: Point(744, 386))
        }
    }
}
