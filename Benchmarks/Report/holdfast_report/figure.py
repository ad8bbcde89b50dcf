"""From matplotlib's SVG to one that a page can hold: small, deterministic, in both themes."""

import html
import io
import logging
import re

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot  # noqa: E402  (the backend must be chosen first)

from .palette import paint, sentinel  # noqa: E402

# A glyph that the layout font lacks only makes the layout a guess; the browser has its own fonts.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

FONTS = "Helvetica, Arial, 'Liberation Sans', sans-serif"
WIDTH = 11.0  # inches; a page shows it at its full width

matplotlib.rcParams.update({
    "svg.fonttype": "none", "svg.hashsalt": "holdfast", "text.parse_math": False, "font.size": 9.5,
    "axes.titlesize": 10.5, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.titlepad": 8,
    "axes.labelsize": 9.5, "xtick.labelsize": 9, "ytick.labelsize": 9, "legend.frameon": False, "legend.fontsize": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.linewidth": 0.6,
    "axes.axisbelow": True, "lines.linewidth": 1.3, "path.simplify_threshold": 0.3, "axes.unicode_minus": True,
    "figure.facecolor": sentinel("background"), "axes.facecolor": "none", "text.color": sentinel("text"),
    "axes.labelcolor": sentinel("text"), "axes.titlecolor": sentinel("text"), "axes.edgecolor": sentinel("quiet"),
    "xtick.color": sentinel("quiet"), "ytick.color": sentinel("quiet"), "xtick.labelcolor": sentinel("text"),
    "ytick.labelcolor": sentinel("text"), "grid.color": sentinel("grid"), "figure.constrained_layout.use": True,
    "figure.dpi": 72,
})


class Figure:
    """A finished picture. `name` is its file's, `title` its heading, `text` says what to see in it."""

    def __init__(self, name, title, text, svg):
        self.name, self.title, self.text, self.svg = name, title, text, svg

    @property
    def inline(self):
        return paint(self.svg, None)

    def file(self, theme):
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + paint(self.svg, theme) + "\n"


def finish(drawing, name, title, text):
    """Ends a matplotlib figure and makes a `Figure` of it."""
    buffer = io.StringIO()
    drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    matplotlib.pyplot.close(drawing)
    return Figure(name, title, text, tidy(buffer.getvalue(), name, f"{title}. {text}"))


def tidy(svg, name, description):
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    # Its rule for every element would reach the whole page; as attributes of the root the same is inherited.
    svg = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>\s*", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    box = re.search(r'viewBox="([^"]*)"', svg).group(1)
    width, height = box.split()[2:]
    label = html.escape(description, quote=True)
    root = (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
            f'aria-label="{label}" viewBox="{box}" width="{width}" height="{height}" stroke-linejoin="round" '
            f'stroke-linecap="butt" font-family="{FONTS}">')
    svg = re.sub(r"<svg[^>]*>", lambda _: root, svg, count=1)
    # Several pictures share one page and one name space of ids; ids that nothing refers to only cost room.
    # matplotlib's own ids may depend on where its objects lie in memory: they are numbered instead.
    used = dict.fromkeys(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    places = {old: f"{name}-{index}" for index, old in enumerate(used)}
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{places[m.group(1)]}"' if m.group(1) in places else "", svg)
    svg = re.sub(r'(url\(#|href="#)([^")]+)', lambda m: m.group(1) + places[m.group(2)], svg)
    # The fonts are named once, at the root; matplotlib's two ways to name them at each text are cut.
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    svg = re.sub(r"font: ([^;\"]*?) '[^;\"]*", rf"font: \g<1> {FONTS}", svg)
    svg = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", svg)
    svg = re.sub(r' (d|x|y)="([^"]*)"', lambda m: f' {m.group(1)}="{shorten(m.group(2))}"', svg)
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def shorten(numbers):
    """Coordinates to a tenth of a point, on one line."""
    numbers = re.sub(r"-?\d+\.\d+", lambda m: f"{float(m.group()):.1f}".removesuffix(".0"), numbers)
    return re.sub(r"\s+", " ", numbers).strip()
