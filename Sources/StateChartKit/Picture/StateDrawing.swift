import ConnectionLifecycle

extension StateChart {
    /// One state in the middle, where one comes from at the left, where one goes to at the right.
    func stateDrawing(of state: State) -> Drawing {
        let edges = edges(in: .state(state))
        let loops = edges.filter { $0.from == state && $0.to == state }
        let type = TypeSizes.single
        var inward = Column(edges: edges.filter { $0.to == state && $0.from != state }, type: type)
        var outward = Column(edges: edges.filter { $0.from == state && $0.to != state }, type: type)
        let height = max(inward.height, outward.height, 150)
        inward.top = Self.top + (height - inward.height) / 2
        outward.top = Self.top + (height - outward.height) / 2
        let bottom = Self.top + height
        let loopHeight = loops.isEmpty ? 0 : 34 + (loops.map(\.rows.count).max() ?? 0) * type.lineHeight

        let definition = table.definition(of: state)
        var drawing = Drawing(
            size: Point(Layout.size.x, bottom + loopHeight + 104), heading: "Into and out of \(state.name)",
            subtitle: definition?.meaning, type: type, footnote: footnote(ofState: state))
        drawing.nodes = [middle(state, definition, height: height)]
        for (edge, line) in zip(inward.edges, inward.lines) {
            let left = Self.left + Layout.box.x
            drawing.nodes.append(neighbour(edge.from, at: Point(Self.left, line), isSource: true))
            drawing.lines.append(
                Drawing.Line(
                    edge: edge,
                    route: Route(
                        corners: [Point(left, line), Point(Self.middleLeft, line)],
                        label: Point(left + 14, line - 13 - (edge.rows.count - 1) * type.lineHeight))))
        }
        for (edge, line) in zip(outward.edges, outward.lines) {
            let right = Self.middleLeft + Self.middleWidth
            drawing.nodes.append(neighbour(edge.to, at: Point(Self.right, line), isSource: false))
            drawing.lines.append(
                Drawing.Line(
                    edge: edge,
                    route: Route(
                        corners: [Point(right, line), Point(Self.right, line)],
                        label: Point(right + 14, line - 13 - (edge.rows.count - 1) * type.lineHeight))))
        }
        let centre = Self.middleLeft + Self.middleWidth / 2
        for edge in loops {
            let corners = [
                Point(centre - 50, bottom), Point(centre - 50, bottom + loopHeight - 12),
                Point(centre - 6, bottom + loopHeight - 12), Point(centre - 6, bottom),
            ]
            drawing.lines.append(
                Drawing.Line(edge: edge, route: Route(corners: corners, label: Point(centre + 8, bottom + 32))))
        }
        if inward.edges.isEmpty { drawing.remarks.append(remark("Nothing leads here.", Self.left, height)) }
        if outward.edges.isEmpty { drawing.remarks.append(remark("Nothing leads on.", Self.right, height)) }
        return drawing
    }

    private static let top = 136
    private static let left = 46
    private static let middleLeft = 512
    private static let middleWidth = 240
    private static let right = 1048

    private func middle(_ state: State, _ definition: StateDefinition?, height: Int) -> Drawing.Node {
        let names = definition?.owns.names ?? []
        let owned = names.isEmpty ? "owns nothing" : "owns: \(names.joined(separator: " + "))"
        let limit = definition?.deadline.map { [$0.event.name, "after at most \($0.usual)"] } ?? ["no deadline"]
        return Drawing.Node(
            state: state, centre: Point(Self.middleLeft + Self.middleWidth / 2, Self.top + height / 2),
            shape: .box(Point(Self.middleWidth, height)), captions: [owned] + limit,
            isMain: true)
    }

    /// `place` is where its side of the picture begins, and the height of its line.
    private func neighbour(_ state: State, at place: Point, isSource: Bool) -> Drawing.Node {
        let definition = table.definition(of: state)
        switch state {
        case .idle, .stopped:
            let radius = Layout.extent(state).x
            let centre = Point(isSource ? place.x + Layout.box.x - radius : place.x + radius, place.y)
            let name = Point(isSource ? centre.x - radius - 10 : centre.x + radius + 10, place.y + 6)
            let anchor = isSource ? Drawing.Anchor.end : .start
            return Drawing.Node(
                state: state, centre: centre,
                shape: state == .idle ? .dot(name: name, anchor) : .ring(name: name, anchor))
        case .connecting, .open, .probing, .stale, .terminating, .backoff:
            return Drawing.Node(
                state: state, centre: Point(place.x + Layout.box.x / 2, place.y), shape: .box(Layout.box),
                captions: [definition?.owned ?? ""])
        }
    }

    private func remark(_ words: String, _ left: Int, _ height: Int) -> Drawing.Remark {
        Drawing.Remark(place: Point(left + Layout.box.x / 2, Self.top + height / 2), words: words, anchor: .middle)
    }
}

/// The neighbours on one side, one below the other; the labels stand on their line.
private struct Column {
    let edges: [Edge]
    var top = 0
    private let above: [Int]

    init(edges: [Edge], type: TypeSizes) {
        self.edges = edges
        above = edges.map { max(Layout.box.y / 2, $0.rows.count * type.lineHeight + 16) }
    }

    private static let below = Layout.box.y / 2 + 16

    var height: Int { above.reduce(0, +) + above.count * Self.below }

    /// The height of each line.
    var lines: [Int] {
        var place = top
        return above.map { above in
            defer { place += above + Self.below }
            return place + above
        }
    }
}
