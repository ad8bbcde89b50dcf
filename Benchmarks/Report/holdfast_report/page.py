"""The page: one file, nothing from elsewhere, no script."""

from . import content
from .palette import css_variables
from .wording import count, for_html

STYLE = """
:root { color-scheme: light dark; %LIGHT% }
@media (prefers-color-scheme: dark) { :root { %DARK% } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--text);
  font: 16px/1.5 Helvetica, Arial, 'Liberation Sans', sans-serif; }
a { color: var(--blue); }
main { max-width: 1140px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; margin: 0 0 4px; } h2 { font-size: 21px; margin: 48px 0 8px; }
h3 { font-size: 16px; margin: 0 0 4px; }
p { margin: 0 0 12px; max-width: 80ch; } .quiet { color: var(--quiet); }
.verdict { margin: 20px 0; padding: 16px 20px; border: 1px solid var(--grid); border-left: 8px solid var(--tone);
  background: var(--panel); border-radius: 6px; }
.verdict p { margin: 0; font-size: 18px; max-width: none; } .verdict strong { color: var(--tone); font-size: 22px; }
.pass { --tone: var(--green); } .fail { --tone: var(--red); } .running { --tone: var(--amber); }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(245px, 1fr)); gap: 12px; margin: 20px 0; }
.figures div { background: var(--panel); border: 1px solid var(--grid); border-radius: 6px; padding: 10px 14px; }
.figures b { display: block; font-size: 20px; } .figures span { color: var(--quiet); font-size: 14px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; margin: 8px 0 16px; }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--grid); text-align: left; vertical-align: top; }
th { font-weight: 600; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.FAILED { color: var(--red); font-weight: 700; } td.ok { color: var(--green); font-weight: 700; }
td.zero { color: var(--quiet); } code { font: 13px ui-monospace, 'Liberation Mono', monospace; }
td { overflow-wrap: break-word; max-width: 60ch; } td.short { white-space: nowrap; }
figure { margin: 8px 0 0; } figure svg { width: 100%; height: auto; min-width: 720px; display: block; }
article { border: 1px solid var(--grid); border-radius: 6px; padding: 12px 16px; margin: 0 0 12px; }
article p { margin: 0 0 4px; max-width: none; } article table { margin: 4px 0 0; font-size: 13px; }
.columns { columns: 2 460px; column-gap: 40px; } .columns table { width: 100%; }
@media (max-width: 640px) { main { padding: 20px 14px 40px; }
  .figures { grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); } .figures b { font-size: 17px; } }
@media print { article, figure, tr { break-inside: avoid; } }
"""


def style():
    return STYLE.replace("%LIGHT%", css_variables(0)).replace("%DARK%", css_variables(1))


def cell(value, kind=""):
    name = f' class="{kind}"' if kind else ""
    return f"<td{name}>{for_html(value)}</td>"


def table(heads, lines, numbers=(), mark=None):
    """A table; `numbers` are the columns that stand right, `mark` gives a cell's class."""
    parts = ['<div class="wide"><table>']
    if heads:
        parts.append("<thead><tr>" + "".join(
            f'<th scope="col"{" class=number" if i in numbers else ""}>{for_html(h)}</th>' for i, h in enumerate(heads))
            + "</tr></thead>")
    parts.append("<tbody>")
    for line in lines:
        cells = []
        for index, value in enumerate(line):
            kinds = ["number"] if index in numbers else []
            if mark is not None:
                kinds += mark(index, value)
            cells.append(cell(value, " ".join(kinds)))
        parts.append("<tr>" + "".join(cells) + "</tr>")
    parts.append("</tbody></table></div>")
    return "\n".join(parts)


def soak_page(run, verdict, figures):
    title = f"Soak report: {verdict.heading}"
    parts = [
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{for_html(title)}</title><style>{style()}</style></head><body><main>",
        "<h1>Holdfast soak report</h1>",
        f'<p class="quiet">{for_html(content.headline(run))} <a href="#setup">What was run</a></p>',
        f'<div class="verdict {verdict.word}"><p><strong>{for_html(verdict.heading)}.</strong> '
        f"{for_html(verdict.sentence)}</p></div>",
    ]
    if not verdict.finished:
        parts.append("<p>This run is not finished: the page shows what has been recorded so far.</p>")
    parts += [f"<p><strong>Note:</strong> {for_html(remark)}</p>" for remark in content.remarks(run)]
    parts.append('<div class="figures">' + "".join(
        f"<div><b>{for_html(value)}</b><span>{for_html(text)}</span></div>" for value, text in content.key_figures(run))
        + "</div>")
    parts += [checks(run), problems(run)]
    parts += [picture(figure) + below(figure, run) for figure in figures]
    parts += [slowest(run), setup(run), "</main></body></html>"]
    return "\n".join(part for part in parts if part) + "\n"


def checks(run):
    lines = content.checks(run)
    heading = "<h2>Checks</h2>\n"
    if not lines:
        return heading + "<p>Nothing has been checked yet.</p>"
    return heading + table(["check", "bound", "value", "result", "meaning"], lines,
                           mark=lambda i, value: [value, "short"] if i == 3 else [])


def problems(run):
    found = content.problems(run)
    if not found:
        return ""
    parts = [f"<h2>Problems: {count(len(found))}</h2>"]
    for heading, text, steps in found:
        parts.append(f"<article><h3>{for_html(heading)}</h3><p>{for_html(text)}</p>{path(steps)}</article>")
    return "\n".join(parts)


def path(steps):
    if not steps:
        return '<p class="quiet">No transitions were recorded.</p>'
    return table(["after", "id", "from", "event", "to", "reason"], steps, numbers={0},
                 mark=lambda i, _: ["short"] if i < 5 else [])


def picture(figure):
    return f"<h2>{for_html(figure.title)}</h2>\n<p>{for_html(figure.text)}</p>\n" \
        f'<figure class="wide">{figure.inline}</figure>'


def below(figure, run):
    """The table that belongs to a figure."""
    if figure.name == "recovery":
        heads = ["cause", "faults", "affected", "recovered"]
        for name in ("noticed", "recovered in", "total"):
            heads += [f"{name} p50", "p99", "max"]
        return table(heads, content.causes(run), numbers=range(1, 13))
    if figure.name == "occupancy":
        lines = content.occupancy(run)
        return table(["state", "time, all connections", "share"], lines, numbers={1, 2}) if lines else ""
    if figure.name == "edges":
        lines = content.edges(run)
        middle = (len(lines) + 1) // 2
        heads = ["id", "from", "event", "guard", "to", "taken"]
        halves = [table(heads, part, numbers={5}, mark=lambda i, v: ["zero"] if i == 5 and v == "0" else [])
                  for part in (lines[:middle], lines[middle:]) if part]
        return f'<div class="columns">{"".join(halves)}</div>'
    return ""


def slowest(run):
    found = run.slowest(10)
    if not found:
        return "<h2>The slowest recoveries</h2>\n<p>No connection has had to recover.</p>"
    heading = f"The {count(len(found))} slowest recoveries" if len(found) > 1 else "The slowest recovery"
    parts = [f"<h2>{heading}</h2>"]
    parts.append("<p>From the fault until the connection was open again. The times of the transitions count from the "
                 "fault, or from the first transition where the fault is not recorded.</p>")
    for place, recovery in enumerate(found, 1):
        total, text = content.slow(recovery)
        parts.append(f"<article><h3>{place}. {for_html(total)}</h3><p>{for_html(text)}.</p>"
                     f"{path(content.steps(run, recovery))}</article>")
    return "\n".join(parts)


def setup(run):
    parts = ['<h2 id="setup">What was run</h2>', table([], content.setup(run))]
    plan = content.plan(run)
    if plan:
        parts += ["<h3>Fault plan</h3>",
                  table(["cause", "per hour", "scope", "what happens", "so far"], plan, numbers={1, 4})]
    return "\n".join(parts)
