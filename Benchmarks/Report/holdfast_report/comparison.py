"""The comparison: peers and engine, interleaved, as medians with their ranges."""

import math

from matplotlib import pyplot
from matplotlib.ticker import FuncFormatter

from .content import machine, versions
from .figure import WIDTH, finish
from .markdown import picture, table
from .palette import sentinel
from .run_folder import UnreadableFolder, field, read_object, rows, table as object_of
from .wording import MISSING, clean, for_markdown, number, plural, significant, size

OURS = "holdfast"


class Comparison:
    def __init__(self, folder):
        self.about = read_object(folder / "comparison.json")
        if self.about is None:
            raise UnreadableFolder(f"{folder / 'comparison.json'} is not a whole JSON object: run `compare` again")
        self.clients = rows(self.about, "clients")
        self.skipped = rows(self.about, "skipped")
        self.goals = rows(self.about, "goals")
        self.scenarios = rows(self.about, "scenarios")

    def text_of(self, name):
        """What the client is, in words."""
        for client in self.clients:
            if client.get("name") == name:
                return clean(client.get("text")) or clean(name)
        return clean(name)

    def results(self, scenario):
        """[(name, result)] of one scenario, the cheapest first; only what has a median."""
        found = [(name, result) for name, result in object_of(scenario, "results").items()
                 if number(field(result, "median")) is not None]
        return sorted(found, key=lambda pair: (pair[1]["median"], pair[0]))


def value(amount, unit, digits=3):
    """An amount in its scenario's unit."""
    amount = number(amount)
    if amount is None:
        return MISSING
    unit = clean(unit)
    if unit.startswith("bytes"):
        return size(amount, digits)
    if unit.startswith("ns"):
        return f"{significant(amount, digits)} ns" if amount < 1000 else f"{amount:,.0f} ns"
    if unit.startswith("s "):
        return f"{significant(amount, digits)} s" if amount >= 1 else f"{significant(amount * 1000, digits)} ms"
    return f"{significant(amount, digits)} {unit}"


def ratio(result):
    middle, low, high = (number(result.get(name)) for name in ("ratio", "ratio_min", "ratio_max"))
    if middle is None:
        return MISSING
    text = f"{significant(middle)} ×"
    return text if low is None or high is None else f"{text} ({significant(low)}–{significant(high)})"


# MARK: - Figure

def comparison_figure(comparison):
    """A panel per scenario, in two columns; None where nothing was measured."""
    found = [(s, comparison.results(s)) for s in comparison.scenarios]
    # A logarithmic scale has no place for a scenario that cost nobody anything.
    found = [(scenario, results) for scenario, results in found if any(r["median"] > 0 for _, r in results)]
    if not found:
        return None
    columns = 1 if len(found) == 1 else 2
    pairs = [found[i:i + columns] for i in range(0, len(found), columns)]
    heights = [0.27 * max(len(results) for _, results in pair) + 0.75 for pair in pairs]
    drawing, axes = pyplot.subplots(
        len(pairs), columns, figsize=(WIDTH, sum(heights) + 0.3), squeeze=False, height_ratios=heights)
    drawing.get_layout_engine().set(h_pad=0.12, w_pad=0.1)
    for row, pair in zip(axes, pairs):
        for axis in row[len(pair):]:
            axis.set_visible(False)
        for axis, (scenario, results) in zip(row, pair):
            # Bars are as thick in a panel of two clients as in one of eight.
            panel(axis, scenario, results, max(len(results) for _, results in pair))
    text = "Each panel is one scenario: the median of each client as a bar, minimum and maximum as whiskers, on a " \
        "logarithmic scale; shorter is better. Holdfast is the dark bar in bold, the dashed line is the reference."
    return finish(drawing, "comparison", "Comparison with the peers", text)


def panel(axis, scenario, results, places):
    unit = scenario.get("unit")
    amounts = [number(r.get(name)) or 0 for _, r in results for name in ("median", "min", "max")]
    low, high = min(amount for amount in amounts if amount > 0), max(amounts)
    # Bars on a logarithmic scale have no natural zero: they begin a little below the smallest.
    start = low / 2
    for place, (name, result) in enumerate(results):
        ours = name == OURS
        middle = max(result["median"], start)
        axis.barh(-place, middle - start, left=start, height=0.68, linewidth=1.0,
                  color=sentinel("blue") if ours else sentinel("grid"),
                  edgecolor=sentinel("blue") if ours else sentinel("neutral"))
        ends = [number(result.get("min")), number(result.get("max"))]
        if None not in ends:
            # With a rim, so that it is seen on a bar of any colour.
            for role, width in [("background", 3.2), ("text", 1.3)]:
                axis.plot([max(e, start) for e in ends], [-place] * 2, color=sentinel(role), linewidth=width,
                          marker="|", markersize=5 + width, markeredgewidth=width)
        note = value(result["median"], unit)
        if number(result.get("ratio")) is not None:
            note += " · reference" if name == scenario.get("reference") else f" · {significant(result['ratio'], 2)} ×"
        axis.annotate(note, (max([middle] + [e for e in ends if e is not None]), -place), xytext=(6, 0),
                      textcoords="offset points", va="center", fontsize=8.5, annotation_clip=False,
                      fontweight="bold" if ours else "normal")
        if name == scenario.get("reference") and result["median"] > 0:
            axis.axvline(result["median"], color=sentinel("red"), linewidth=1.0, linestyle=(0, (4, 3)), zorder=0.9)
    axis.set_xscale("log")
    # A third of the panel is for the numbers behind the bars.
    axis.set_xlim(start, high * (high / start) ** 0.55)
    axis.set_ylim(0.45 - places, 0.55)
    axis.minorticks_off()
    axis.set_yticks([-i for i in range(len(results))])
    axis.set_yticklabels([clean(name, 24) for name, _ in results])
    for text, (name, _) in zip(axis.get_yticklabels(), results):
        text.set_fontweight("bold" if name == OURS else "normal")
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y", visible=False)
    marks = ticks(start, high)
    axis.set_xticks(marks)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda amount, _: value(amount, unit, 1)))
    axis.set_title(f"{clean(scenario.get('id'), 40)}: {clean(unit, 30)}")


def ticks(low, high):
    """Powers of ten, or at least two round numbers, within the range."""
    for steps in ((1,), (1, 3), (1, 2, 5)):
        found = [step * 10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
                 for step in steps if low <= step * 10.0 ** power <= high]
        if len(found) >= 2:
            break
    return found if len(found) <= 4 else found[::2]


# MARK: - Markdown

def comparison_markdown(comparison, figure):
    about = comparison.about
    rounds = f"{plural(about.get('rounds'), 'interleaved round')}"
    parts = ["# Holdfast compared with its peers", opening(comparison)]
    if about.get("quick") is True:
        parts.append("This was a quick run: its numbers are for a first look, not for a claim.")
    parts.append(
        f"Medians of {rounds}, with minimum and maximum. A ratio is the median of the rounds' ratios to the reference, "
        "each taken within one round, so that a slow minute of the machine slows both. Differences below 20 % mean "
        "nothing here.")
    if figure is not None:
        parts += [picture(figure), for_markdown(figure.text)]
    if comparison.goals:
        parts += ["## Goals", table(["goal", "bound", "measured", "result"], [
            [goal.get("text"), goal.get("bound"), goal.get("text_value", goal.get("value")), "met" if met(goal) else
             "MISSED"] for goal in comparison.goals])]
    parts += [scenario_text(comparison, scenario) for scenario in comparison.scenarios]
    parts.append("## Who took part")
    parts.append(table(["client", "what it is", "version"], [
        [c.get("name"), c.get("text"), c.get("version")] for c in comparison.clients]))
    if comparison.skipped:
        parts.append("Skipped:")
        parts.append("\n".join(f"- {for_markdown(s.get('name'))}: {for_markdown(s.get('why')) or 'no reason given'}"
                               for s in comparison.skipped))
    else:
        parts.append("No peer was skipped.")
    parts += ["## Where", table(["", ""], [
        ["Started", clean(about.get("started_at")) or MISSING], ["Machine", machine(object_of(about, "machine"))],
        ["Versions", versions(object_of(about, "versions"))]])]
    return "\n\n".join(parts) + "\n"


def met(goal):
    return goal.get("ok") is True


def opening(comparison):
    """The outcome in one sentence."""
    if not comparison.goals:
        return "No goals were measured."
    missed = [goal for goal in comparison.goals if not met(goal)]
    if not missed:
        return f"**{'The goal is' if len(comparison.goals) == 1 else f'All {len(comparison.goals)} goals are'} met.**"
    names = "; ".join(f"{for_markdown(g.get('text'))} (measured "
                      f"{for_markdown(g.get('text_value', g.get('value'))) or MISSING}, bound "
                      f"{for_markdown(g.get('bound')) or MISSING})" for g in missed)
    return f"**{len(missed)} of {plural(len(comparison.goals), 'goal')} " \
        f"{'is' if len(missed) == 1 else 'are'} missed:** {names}."


def scenario_text(comparison, scenario):
    unit, reference = scenario.get("unit"), scenario.get("reference")
    parts = [f"## {for_markdown(scenario.get('id'))}", for_markdown(scenario.get("text"))]
    results = comparison.results(scenario)
    if not results:
        return "\n\n".join(parts + ["Nothing was measured."])
    lines = []
    for name, result in results:
        lines.append([name, value(result["median"], unit),
                      f"{value(result.get('min'), unit)} – {value(result.get('max'), unit)}",
                      "reference" if name == reference else ratio(result)])
    body = table(["client", f"median, {for_markdown(unit)}", "min – max", "ratio (min–max)"], lines, numbers={1, 2, 3})
    # The engine's own row stands out in plain text too.
    body = body.replace(f"\n| {OURS} |", f"\n| **{OURS}** |")
    parts.append(body)
    goal = object_of(scenario, "goal")
    if goal:
        measured = object_of(scenario, "results", goal.get("client"))
        bound, found = number(goal.get("at_most")), number(measured.get("ratio"))
        if bound is not None:
            outcome = "not measured" if found is None else "met" if found <= bound else "MISSED"
            parts.append(f"Goal: {for_markdown(goal.get('text'))}, at most {significant(bound)} × the reference: "
                         f"**{outcome}**{'' if found is None else f' ({ratio(measured)})'}.")
    return "\n\n".join(part for part in parts if part)
