"""The counts of the transitions, drawn on the generated state chart of the checkout."""

import itertools
import math
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from .figure import Figure
from .palette import ROLES, SENTINELS
from .run_folder import table
from .wording import compact, count, number

SVG = "{http://www.w3.org/2000/svg}"
FOLDER = Path(__file__).resolve().parents[3] / "StateCharts"
COLUMNS = ["id", "from", "event", "guard", "to"]


def counts(run):
    """{id: count} of the transitions that the summary tells."""
    found = {str(key): number(value) for key, value in table(run.summary, "edges").items()}
    return {key: int(value) for key, value in sorted(found.items()) if value is not None and value >= 0}


def transitions(folder=FOLDER):
    """The rows of the generated table, {id: {from, event, guard, to}}; empty where it is not there."""
    try:
        lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        # The id may be a link to its test.
        cells[0] = re.sub(r"^\[(T\d+)\]\(.*\)$", r"\1", cells[0])
        if re.fullmatch(r"T\d+", cells[0]) and len(cells) >= len(COLUMNS):
            found[cells[0]] = dict(zip(COLUMNS, cells))
    return found


def digest(folder=FOLDER):
    """The digest of the table that the chart was generated from."""
    try:
        found = re.search(r"Digest ([0-9a-f]+)", (folder / "lifecycle.svg").read_text(encoding="utf-8"))
    except OSError:
        return None
    return found.group(1) if found else None


def edge_figure(run, folder=FOLDER):
    used = counts(run)
    try:
        chart = ElementTree.fromstring((folder / "lifecycle.svg").read_bytes())
    except (OSError, ElementTree.ParseError):
        return None
    if not used:
        return None
    by_role(chart)
    widen(chart, used, transitions(folder))
    annotate(chart, used)
    title = "Transitions on the state chart"
    text = "Each transition with how often it was taken, all connections together; a line is the thicker, the more " \
        "often it was taken. Guards are left out here, the table below has them. What was never taken is pale."
    describe(chart, title, text)
    ElementTree.register_namespace("", SVG[1:-1])
    return Figure("edges", title, text, ElementTree.tostring(chart, encoding="unicode").strip())


def by_role(chart):
    """The chart's light colours become roles. One that is no role here stays as it is, and is seen in the tests."""
    roles = {light: SENTINELS[role] for role, (light, _) in reversed(ROLES.items())}
    for element in chart.iter():
        for name in ("fill", "stroke"):
            if element.get(name) in roles:
                element.set(name, roles[element.get(name)])


def identifier(element):
    found = re.match(r"(T\d+)\b", element.text or "")
    return found.group(1) if element.tag == SVG + "text" and found else None


def widen(chart, used, rows):
    """The width of each line follows the count of the transitions that it carries, on a logarithmic scale."""
    children = list(chart)
    lines = [(path, head) for path, head in zip(children, children[1:])
             if path.tag == SVG + "path" and head.tag == SVG + "polygon"]
    ids = [identifier(e) for e in children if identifier(e)]
    # Lines and labels come in the same order; neighbours between the same states share a line.
    edges = [list(group) for _, group in itertools.groupby(
        ids, key=lambda i: (rows.get(i, {}).get("from"), rows.get(i, {}).get("to")))]
    if len(edges) != len(lines):
        return
    most = max([1, *(sum(used.get(i, 0) for i in edge) for edge in edges)])
    for edge, (path, head) in zip(edges, lines):
        total = sum(used.get(i, 0) for i in edge)
        if total == 0:
            path.set("opacity", "0.35")
            head.set("opacity", "0.35")
        width = 1.2 + 4.8 * math.log1p(total) / math.log1p(most)
        grow = width / float(path.get("stroke-width"))
        path.set("stroke-width", f"{width:.1f}")
        if path.get("stroke-dasharray"):
            dashes = [float(part) for part in path.get("stroke-dasharray").split()]
            # Round caps reach half the width into each gap.
            path.set("stroke-dasharray", " ".join(f"{part * max(1, grow):.1f}" for part in dashes))


def annotate(chart, used):
    """Puts the count behind each id, in the place of the guard."""
    children = list(chart)
    labels = [element for element in children if identifier(element)]
    for index, element in enumerate(children):
        name = identifier(element)
        if name is None:
            continue
        taken = used.get(name, 0)
        full = element.text
        element.text = re.sub(r"\s*\[.*\]$", "", full)
        element.set("font-size", "14")
        # The chart sets a long guard on a line of its own, behind the label and its mark.
        for later in children[index + 1: index + 3]:
            if later.tag == SVG + "text" and (later.text or "").startswith("["):
                full = f"{full} {later.text}"
                chart.remove(later)
        number_text = ElementTree.SubElement(element, SVG + "tspan", {"dx": "5"})
        number_text.text = compact(taken) if taken else "0"
        make_room(element, f"{element.text} {number_text.text}", labels, children)
        title = ElementTree.SubElement(element, SVG + "title")
        title.text = f"{full}: {count(taken)}"
        if taken:
            number_text.set("font-weight", "700")
            number_text.set("fill", SENTINELS["text"])
        else:
            element.set("fill", SENTINELS["quiet"])


WIDEST = 8.9  # SVG units a character of 14 units' size takes in the widest of the usual fonts


def make_room(element, text, labels, children):
    """Moves the label right of this one, if this one grew into it, and the mark under it."""
    left, height = float(element.get("x")), element.get("y")
    right = left + WIDEST * len(text) + 6
    for other in labels:
        place = float(other.get("x"))
        if other is not element and other.get("y") == height and left < place < right:
            mark = children[children.index(other) + 1]
            mark.set("d", (mark.get("d") or "").replace(f"M{other.get('x')} ", f"M{right:.0f} "))
            other.set("x", f"{right:.0f}")


def describe(chart, title, text):
    chart.attrib.pop("aria-labelledby", None)
    chart.set("aria-label", f"{title}. {text}")
    for element in list(chart):
        if element.tag in (SVG + "title", SVG + "desc"):
            chart.remove(element)
        elif element.text == "The lifecycle of a connection":
            element.text = "How often each transition was taken"
