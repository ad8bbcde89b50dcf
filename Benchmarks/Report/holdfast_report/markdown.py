"""The Markdown summary of a soak; it links the figures that lie beside it."""

from . import content
from .wording import for_markdown


def table(heads, lines, numbers=()):
    rule = ["---:" if i in numbers else "---" for i in range(len(heads))]
    found = ["| " + " | ".join(heads) + " |", "| " + " | ".join(rule) + " |"]
    found += ["| " + " | ".join(for_markdown(value) for value in line) + " |" for line in lines]
    return "\n".join(found)


def picture(figure):
    return (f'<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="{figure.name}-dark.svg">\n'
            f'  <img alt="{for_markdown(figure.title)}" src="{figure.name}.svg">\n</picture>')


def soak_markdown(run, verdict, figures):
    parts = ["# Holdfast soak report", f"**{verdict.heading}.** {for_markdown(verdict.sentence)}"]
    if not verdict.finished:
        parts.append("This run is not finished: the summary shows what has been recorded so far.")
    parts += [f"Note: {for_markdown(remark)}" for remark in content.remarks(run)]
    parts += [
        "[report.html](report.html) has the details on one page.",
        table(["figure", ""], [[text, value] for value, text in content.key_figures(run)], numbers={1}),
        "## Checks",
        table(["check", "bound", "value", "result"], [row[:4] for row in content.checks(run)])
        if content.checks(run) else "Nothing has been checked yet.",
    ]
    problems = content.problems(run)
    if problems:
        parts.append(f"## Problems: {len(problems)}")
        parts.append("\n".join(
            f"- {for_markdown(heading)}: {for_markdown(text)}" for heading, text, _ in problems[:20]))
        if len(problems) > 20:
            parts.append(f"and {len(problems) - 20} more in report.html.")
    for figure in figures:
        parts += [f"## {figure.title}", for_markdown(figure.text), picture(figure)]
        if figure.name == "recovery":
            parts.append(table(["cause", "recovered", "total p50", "p99", "max"],
                               [[row[0], row[3], *row[10:13]] for row in content.causes(run)], numbers=range(1, 5)))
    parts.append("## The slowest recoveries")
    slowest = run.slowest(10)
    for place, recovery in enumerate(slowest, 1):
        total, text = content.slow(recovery)
        lines = [f"{place}. **{total}** – {for_markdown(text)}."]
        for offset, name, source, event, target, reason in content.steps(run, recovery):
            lines.append(f"   - {offset} {for_markdown(name)} {for_markdown(source)} → {for_markdown(target)} "
                         f"({for_markdown(event)}{'; ' + for_markdown(reason) if reason else ''})")
        parts.append("\n".join(lines))
    if not slowest:
        parts.append("No connection has had to recover.")
    parts += ["## What was run", table(["", ""], content.setup(run))]
    if content.plan(run):
        parts.append(table(["cause", "per hour", "scope", "what happens", "so far"], content.plan(run), numbers={1, 4}))
    return "\n\n".join(parts) + "\n"
