import ConnectionLifecycle

extension StateChart {
    /// The picture of a view, without its colours.
    func drawing(of view: ChartView) -> Drawing {
        switch view {
        case .overview, .complete, .deadlines, .shutdown: ringDrawing(of: view)
        case .state(let state): stateDrawing(of: state)
        }
    }

    /// The states on their ring.
    private func ringDrawing(of view: ChartView) -> Drawing {
        var drawing = Drawing(
            size: Point(Layout.size.x, view == .complete ? Layout.size.y : Layout.size.y - 40), heading: view.title,
            type: view == .complete ? .dense : .roomy, footnote: footnote(of: view))
        for edge in edges(in: view) {
            if edge.sources.count == 1 {
                drawing.lines.append(Drawing.Line(edge: edge, route: Layout.route(edge, in: view)))
            } else if let route = Layout.Group.route(edge) {
                drawing.frames = [Layout.Group.frame]
                drawing.remarks = [Drawing.Remark(place: Layout.Group.remark, words: "from each in the frame:")]
                drawing.lines.append(Drawing.Line(edge: edge, route: route))
            } else {
                // No frame was foreseen for these: each gets a line of its own.
                for source in edge.sources {
                    let own = Edge(sources: [source], to: edge.to, rows: edge.rows.filter { $0.from == source })
                    drawing.lines.append(Drawing.Line(edge: own, route: Layout.route(own, in: view)))
                }
            }
        }
        let shown = states(in: view)
        drawing.nodes = table.states.filter { shown.contains($0.state) }.map { node($0, in: view) }
        return drawing
    }

    private func node(_ definition: StateDefinition, in view: ChartView) -> Drawing.Node {
        let state = definition.state
        let centre = Layout.centre(state)
        switch state {
        case .idle:
            return Drawing.Node(
                state: state, centre: centre, shape: .dot(name: Point(centre.x, centre.y - 22), .middle))
        case .stopped:
            return Drawing.Node(
                state: state, centre: centre, shape: .ring(name: Point(centre.x + 22, centre.y + 36), .start))
        case .connecting, .open, .probing, .stale, .terminating, .backoff:
            let limit = definition.deadline.map { "at most \($0.usual)" }
            return Drawing.Node(
                state: state, centre: centre, shape: .box(Layout.box),
                captions: [view == .deadlines ? limit ?? "no deadline" : definition.owned])
        }
    }

    /// What a view leaves out, in one line.
    private func footnote(of view: ChartView) -> String {
        switch view {
        case .overview:
            let shown = Set(edges(in: view).flatMap(\.rows))
            return "Left out: \(byEvent(transitions.filter { !shown.contains($0) }))."
        case .complete:
            return "Left out: only the \(ignored.count) pairs of state and event that are ignored on purpose."
        case .deadlines:
            return "Left out: all that happens in time. Limits: the defaults; a server may ask for a longer pause."
        case .shutdown:
            return "Left out: all that neither asks for the end nor reaches it."
        case .state(let state):
            let here = ignored.filter { $0.from == state }
            let words = here.isEmpty ? "Nothing is ignored here." : "Ignored here: \(byEvent(here))."
            return "Left out: transitions between other states. \(words)"
        }
    }

    func footnote(ofState state: State) -> String { footnote(of: .state(state)) }

    /// `stop (T02 T08), lost (T12)`, in table order.
    private func byEvent(_ rows: [Row]) -> String {
        var events: [(event: Event, ids: [String])] = []
        for row in rows {
            if let index = events.firstIndex(where: { $0.event == row.event }) {
                events[index].ids.append(row.id)
            } else {
                events.append((row.event, [row.id]))
            }
        }
        return events.map { "\($0.event.name) (\($0.ids.joined(separator: " ")))" }.joined(separator: ", ")
    }
}

extension StateDefinition {
    /// `socket + probe`
    var owned: String { owns.names.isEmpty ? "owns nothing" : owns.names.joined(separator: " + ") }
}
