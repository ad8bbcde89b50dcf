"""The figures of a soak, in the order of the page."""

import math

from matplotlib import pyplot
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from .figure import WIDTH, finish
from .palette import STATE_ROLES, sentinel
from .run_folder import STATES, field, number, quantile, table
from .wording import clean, compact, count, seconds, significant


def label(text, limit=28):
    return clean(text, limit)


def soak_figures(run):
    """All figures that the data allow."""
    plots = [recovery_times, throughput, occupancy, memory, resources, lag]
    return [figure for figure in (plot(run) for plot in plots) if figure is not None]


def panels(heights, **options):
    drawing, axes = pyplot.subplots(
        len(heights), 1, figsize=(WIDTH, sum(heights) + 0.45), squeeze=False, height_ratios=heights, **options)
    return drawing, [row[0] for row in axes]


def minutes_axis(axis, run):
    axis.set_xlim(0, max(run.elapsed / 60, run.samples[-1]["t"] / 60 if run.samples else 0, 1e-6))
    axis.set_xlabel("minutes since the start")


# MARK: - Recovery times

FLOOR = 0.001  # seconds; what is shorter is drawn here


def recovery_times(run):
    causes = [c for c in run.causes if run.times(c, "total_s") or run.times(c, "detection_s")]
    if not causes:
        return None
    lanes = [("detection_s", "blue", 1), ("recovery_s", "amber", -1)]
    longest = max([FLOOR * 100] + [t for c in causes for name, _, _ in lanes for t in run.times(c, name)])
    edges = log_bins(FLOOR, longest, 72)
    drawing, (axis,) = panels([0.62 * len(causes) + 0.5])
    for place, cause in enumerate(causes):
        axis.axhline(-place, color=sentinel("quiet"), linewidth=0.6)
        for name, role, side in lanes:
            times = run.times(cause, name)
            if times:
                lane(axis, times, edges, -place, side, sentinel(role))
        numbers(axis, run, cause, place)
    axis.set_xscale("log")
    # The text columns stand right of the data, in the axes' own coordinates.
    axis.set_xlim(FLOOR * 0.9, edges[-1] * 1.1)
    axis.set_ylim(-len(causes) + 0.45, 0.85)
    axis.set_yticks([-i for i in range(len(causes))])
    # Two lines of a label are two texts: each then ends where it should, whatever font the reader has. The tick's own
    # label is drawn invisibly and only keeps their room.
    axis.set_yticklabels([max(label(c), "000,000 recovered", key=len) for c in causes], alpha=0)
    for place, cause in enumerate(causes):
        lines = [(label(cause), 0.13, "text"), (f"{count(len(run.times(cause, 'total_s')))} recovered", -0.13, "quiet")]
        for text, offset, role in lines:
            axis.text(-0.012, -place + offset, text, transform=axis.get_yaxis_transform(), ha="right", va="center",
                      fontsize=9, color=sentinel(role))
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y", visible=False)
    axis.spines["left"].set_visible(False)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("time, logarithmic; what takes less than 1 ms stands at 1 ms")
    axis.text(FLOOR, 0.68, "above the line: until it is noticed", color=sentinel("blue"), fontsize=9, va="center")
    axis.text(0.5, 1.0, "below: from then until open again", color=sentinel("amber"), fontsize=9, va="center",
              ha="center", transform=mixed(axis, 0.68))
    return finish(
        drawing, "recovery", "Recovery time per cause",
        "Each row is one cause of failure. Above its line: how long the failures took to be noticed; below it: how "
        "long from then until the connection was open again. A tick marks the median, a diamond p99, a cross the "
        "slowest.")


def mixed(axis, y):
    """Horizontally a share of the axes, vertically data: the place of a note at height `y`."""
    from matplotlib.transforms import Affine2D
    return Affine2D().translate(0, y - 1.0) + axis.get_yaxis_transform()


def log_bins(low, high, bins):
    step = math.log10(high / low) / (bins - 1)
    return [low * 10 ** (step * i) for i in range(bins + 1)]


def lane(axis, times, edges, base, side, colour):
    """The distribution as a silhouette on one side of the row's line, with its median, p99 and maximum."""
    step = math.log10(edges[1] / edges[0])
    heights = [0] * (len(edges) - 1)
    for time in times:
        place = int(math.log10(max(time, edges[0]) / edges[0]) / step)
        heights[min(place, len(heights) - 1)] += 1
    peak = max(heights)
    outline = [base + side * 0.4 * height / peak for height in heights]
    outline.append(outline[-1])
    axis.fill_between(edges, base, outline, step="post", color=colour, alpha=0.3, linewidth=0)
    axis.step(edges, outline, where="post", color=colour, linewidth=0.7)
    marks = [(quantile(times, 0.5), "|", 9, 2.0), (quantile(times, 0.99), "d", 5, 0.8), (times[-1], "x", 5, 1.4)]
    for value, marker, length, width in marks:
        axis.plot([max(value, edges[0])], [base + side * 0.2], marker=marker, markersize=length,
                  markeredgewidth=width, color=colour, linestyle="none")


def numbers(axis, run, cause, place):
    """p50, p99 and max of both lanes, right of the row."""
    for column, (name, text) in enumerate([("p50", "median"), ("p99", "p99"), ("max", "slowest")]):
        x = 1.065 + 0.075 * column
        if place == 0:
            axis.text(x, 0.68, text, transform=axis.get_yaxis_transform(), ha="right", va="center", fontsize=9,
                      color=sentinel("quiet"))
        for lane_name, role, offset in [("detection_s", "blue", 0.2), ("recovery_s", "amber", -0.2)]:
            value = field(run.quantiles(cause, lane_name), name)
            axis.text(x, -place + offset, seconds(value), transform=axis.get_yaxis_transform(), ha="right",
                      va="center", fontsize=8.5, color=sentinel(role))


def tick(value):
    if value >= 1:
        return f"{value:,.0f} s"
    return f"{value * 1000:,.0f} ms"


# MARK: - Over time

def throughput(run):
    times, values = run.series("events_per_s")
    if not times:
        return None
    causes = [c for c in run.causes if any(str(f.get("cause")) == c for f in run.faults)]
    heights = [2.2] + ([0.2 * len(causes) + 0.35] if causes else [])
    drawing, axes = panels(heights, sharex=True)
    axes[0].plot(times, values, color=sentinel("blue"), linewidth=1.0)
    axes[0].set_ylim(bottom=0)
    axes[0].set_title("Events per second")
    axes[0].yaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
    if causes:
        raster(axes[1], run, causes)
    minutes_axis(axes[-1], run)
    return finish(
        drawing, "throughput", "Throughput and faults",
        "Events delivered per second, and below it each fault at its time, a row per cause. "
        "Tall marks are faults that met every connection.")


def raster(axis, run, causes):
    for place, cause in enumerate(causes):
        for everyone, half, width, role in [(False, 0.22, 0.7, "quiet"), (True, 0.42, 1.4, "red")]:
            x, y = [], []
            for fault in run.faults:
                time = number(fault.get("t"))
                if str(fault.get("cause")) != cause or time is None:
                    continue
                if (fault.get("connections") == []) == everyone:
                    x += [time / 60, time / 60, math.nan]
                    y += [-place - half, -place + half, math.nan]
            if x:
                axis.plot(x, y, color=sentinel(role), linewidth=width, solid_capstyle="butt")
    axis.set_title(f"Faults: {count(len(run.faults))}")
    axis.set_yticks([-i for i in range(len(causes))])
    axis.set_yticklabels([label(cause) for cause in causes])
    axis.set_ylim(-len(causes) + 0.4, 0.6)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y", visible=False)


def occupancy(run):
    samples = [s for s in run.samples if table(s, "states")]
    if not samples:
        return None
    times = [s["t"] / 60 for s in samples]
    counts = {state: [number(s["states"].get(state)) or 0.0 for s in samples] for state in STATES}
    present = [s for s in STATES if any(counts[s]) or s not in ("idle", "stopped")]
    few = [s for s in present if s != "open"]
    total = max(sum(counts[s][i] for s in present) for i in range(len(samples)))
    drawing, axes = panels([1.9] + [0.52] * len(few), sharex=True)
    base = [0.0] * len(samples)
    for state in present:
        top = [low + value for low, value in zip(base, counts[state])]
        stepped(axes[0], times, base, top, sentinel(STATE_ROLES[state]))
        base = top
    axes[0].set_ylim(0, max(total, 1))
    axes[0].set_title("All connections, stacked in the chart's order; colours as in the strips below")
    axes[0].text(0.5, 0.5, "open", transform=axes[0].transAxes, ha="center", va="center",
                 bbox={"facecolor": sentinel("calm"), "edgecolor": "none", "pad": 2})
    for axis, state in zip(axes[1:], few):
        strip(axis, times, counts[state], state, max(total, 10))
    axes[1].set_title("Each state but open, logarithmic", pad=4)
    minutes_axis(axes[-1], run)
    return finish(
        drawing, "occupancy", "State occupancy",
        "How many connections were in each state. The upper panel stacks all; below, each state that is not open has a "
        "strip of its own on a logarithmic scale, so that a single connection can be seen.")


def stepped(axis, times, low, high, colour):
    """An area in steps; between two changes it needs no points, which keeps a quiet state small."""
    x, bottom, top = [], [], []
    for index, time in enumerate(times):
        # Each sample stands for the time until halfway to its neighbours.
        edge = time if index == 0 else (times[index - 1] + time) / 2
        if not x or (bottom[-1], top[-1]) != (low[index], high[index]):
            x.append(edge)
            bottom.append(low[index])
            top.append(high[index])
    x, bottom, top = x + [times[-1]], bottom + bottom[-1:], top + top[-1:]
    axis.fill_between(x, bottom, top, step="post", color=colour, linewidth=0)


def strip(axis, times, values, state, top):
    stepped(axis, times, [0.0] * len(times), values, sentinel(STATE_ROLES[state]))
    axis.set_yscale("symlog", linthresh=1, linscale=0.6)
    axis.set_ylim(0, top)
    # The base line is 0 and needs no label; a tick too close to the top has no room for one.
    axis.set_yticks([tick for tick in (1, 10, 100, 1000, 10000) if tick <= top / 1.5])
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.minorticks_off()
    axis.tick_params(axis="y", labelsize=7.5)
    axis.set_ylabel(state, rotation=0, ha="right", va="center", labelpad=8)


MEGABYTE = 1e6


def memory(run):
    parts = [("engine", "Resident memory of the engine, MB"), ("simulator", "Resident memory of the simulator, MB")]
    parts = [(who, title) for who, title in parts if run.series(who, "resident_bytes")[0]]
    if not parts:
        return None
    drawing, axes = panels([2.6 if who == "engine" else 1.4 for who, _ in parts], sharex=True)
    for axis, (who, title) in zip(axes, parts):
        times, values = run.series(who, "resident_bytes")
        values = [value / MEGABYTE for value in values]
        axis.plot(times, values, color=sentinel("blue"), linewidth=1.1)
        axis.set_title(title)
        if who == "engine":
            slope(axis, run, "resident_bytes", times, values, MEGABYTE, "MB")
        breathe(axis, values)
    minutes_axis(axes[-1], run)
    return finish(
        drawing, "memory", "Resident memory",
        "The engine's resident memory with the line of its slope (solid, thick) and of the slope that is the bound "
        "(dashed), and that of the simulator, a process of its own.")


def breathe(axis, values):
    """Leaves room around a flat line, so that a little noise does not look like much."""
    middle = (max(values) + min(values)) / 2
    low, high = axis.get_ylim()
    room = max(abs(middle) * 0.05, 0.5)
    low, high = max(0, min(low, middle - room)), max(high, middle + room)
    axis.set_ylim(low, high + 0.04 * (high - low))
    axis.yaxis.set_major_locator(MaxNLocator(5, min_n_ticks=2))


def middle_of(values):
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def slope(axis, run, name, times, values, unit, word):
    """The slope that the soak found, through the middle of the samples, and its bound from the same start."""
    found = table(run.summary, "slopes", name)
    per_hour = number(found.get("per_hour"))
    if per_hour is None or len(times) < 2:
        return
    per_minute = per_hour / unit / 60
    start = middle_of([value - per_minute * time for time, value in zip(times, values)])
    ends = [times[0], times[-1]]
    axis.plot(ends, [start + per_minute * t for t in ends], color=sentinel("text"), linewidth=1.8)
    bound = number(found.get("bound"))
    if bound is not None:
        axis.plot(ends, [start + bound / unit / 60 * t for t in ends], color=sentinel("amber"), linewidth=1.4,
                  linestyle=(0, (5, 3)))
    text = f"slope {signed(per_hour / unit)}"
    low, high = number(found.get("low")), number(found.get("high"))
    if low is not None and high is not None:
        text += f" ({signed(low / unit)} to {signed(high / unit)})"
    if bound is not None:
        text += f", bound {signed(bound / unit)}"
    text += f" {word} per hour: {'within it' if found.get('ok') is True else 'NOT within it'}"
    axis.set_title(f"{axis.get_title(loc='left')}  ·  {text}")


def signed(value):
    return "0" if abs(value) < 0.005 else ("+" if value > 0 else "") + significant(value, 2)


def resources(run):
    parts = [(name, run.series("engine", name)) for name in ("descriptors", "handles", "timers")]
    parts = [(name, series) for name, series in parts if series[0]]
    if not parts:
        return None
    drawing, axes = panels([1.45] * len(parts), sharex=True)
    for axis, (name, (times, values)) in zip(axes, parts):
        axis.plot(times, values, color=sentinel("blue"), linewidth=1.1)
        axis.set_title(name.capitalize())
        slope(axis, run, name, times, values, 1, name)
        breathe(axis, values)
    minutes_axis(axes[-1], run)
    return finish(
        drawing, "resources", "Descriptors, handles, timers",
        "What the engine's process holds: open file descriptors, and the event loop's handles and timers. Thick: the "
        "slope; dashed: the slope that is the bound.")


def lag(run):
    series = [("lag_ms_p50", "median of 5 s", "blue", "-"), ("lag_ms_max", "worst of 5 s", "red", (0, (4, 1.5)))]
    found = [(run.series("engine", name), text, role, style) for name, text, role, style in series]
    found = [row for row in found if row[0][0]]
    if not found:
        return None
    drawing, (axis,) = panels([2.4])
    for (times, values), text, role, style in found:
        axis.plot(times, [max(value, 0.001) for value in values], color=sentinel(role), linewidth=1.0,
                  linestyle=style, label=text)
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.set_title("How late the event loop ran what was due, ms, logarithmic")
    axis.legend(loc="upper right", ncols=2, bbox_to_anchor=(1, 1.16), borderaxespad=0)
    minutes_axis(axis, run)
    return finish(drawing, "lag", "Loop lag",
                  "How much later than due the engine's event loop ran a timer: solid the median, dashed the worst of "
                  "each sample.")
