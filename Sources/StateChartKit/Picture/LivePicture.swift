extension StateChart {
    /// The picture of every transition for a page that brings it to life: an `svg` element without a head, in both themes. Its
    /// colours are the CSS variables of `liveStyle`. A state is a group with `data-state`, its number of accounts a text with
    /// `data-accounts`; a line is a group with `data-rows`, the ids of its rows; a label has a `tspan` with `data-count`, its
    /// row's id, for how often that was taken.
    public var livePicture: String {
        SVGWriter(chart: self, palette: .live, drawing: drawing(of: .complete), isLive: true).picture()
    }

    /// CSS declarations of the colours of `livePicture` in a theme.
    public static func liveStyle(_ theme: ChartTheme) -> String {
        Palette.of(theme).colours.map { "--chart-\($0.name): \($0.value);" }.joined(separator: " ")
    }
}
