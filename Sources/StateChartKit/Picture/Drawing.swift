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

/// What a picture shows and where: everything but colours and syntax.
struct Drawing {
    var size: Point
    var heading: String
    /// Under the heading, quieter.
    var subtitle: String?
    var type: TypeSizes
    /// Around the states that answer alike; the lines that leave them are drawn once.
    var frames: [[Point]] = []
    var nodes: [Node] = []
    var lines: [Line] = []
    var remarks: [Remark] = []
    /// What this picture leaves out.
    var footnote: String

    /// One state.
    struct Node {
        enum Shape: Equatable {
            /// The beginning, with the place of its name.
            case dot(name: Point, Anchor)
            /// The end, with the place of its name.
            case ring(name: Point, Anchor)
            /// Width and height.
            case box(Point)
        }

        var state: State
        var centre: Point
        var shape: Shape
        /// Under its name, in a box only.
        var captions: [String] = []
        /// The state that the picture is about.
        var isMain = false
    }

    struct Line {
        var edge: Edge
        var route: Route
    }

    /// Quiet words that belong to no line.
    struct Remark {
        var place: Point
        var words: String
        var anchor = Anchor.start
    }

    enum Anchor: String {
        case start, middle, end
    }
}

/// Font sizes of one picture, in user units. All pictures are equally wide: at 800 pixels, 15 units are 9.5 pixels.
struct TypeSizes {
    var label, name, caption: Int

    /// Where there is much to say, where there is little, and for one state.
    static let dense = TypeSizes(label: 17, name: 19, caption: 15)
    static let roomy = TypeSizes(label: 20, name: 22, caption: 17)
    static let single = TypeSizes(label: 18, name: 20, caption: 16)
    /// In the box of the state that a picture is about.
    static let main = TypeSizes(label: 18, name: 28, caption: 18)

    /// From one label to the next below it.
    var lineHeight: Int { label * 5 / 4 }
    /// The width of `T00` in Helvetica and its metric twins.
    var idWidth: Int { label * 1723 / 1000 }
    /// From one id to the next beside it.
    var idAdvance: Int { label * 2 }
}
