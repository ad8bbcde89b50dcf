"""What the page and the Markdown summary both say, as plain rows of text."""

from . import state_chart
from .run_folder import STATES, field, rows, table
from .wording import MISSING, clean, clock, count, duration, number, percent, plural, seconds, significant, size


def machine(value):
    """One line about a machine."""
    parts = [
        clean(value.get("processor")),
        f"{count(value['cores'])} cores" if number(value.get("cores")) is not None else "",
        f"{size(value['memory_bytes'])} memory" if number(value.get("memory_bytes")) is not None else "",
        clean(value.get("system")), clean(value.get("kernel")),
    ]
    return ", ".join(part for part in parts if part) or MISSING


def versions(value):
    return ", ".join(f"{clean(name)} {clean(version)}" for name, version in value.items()) or MISSING


def setup(run):
    """[name, value] of what was run."""
    about = run.about
    return [
        ["Started", clean(about.get("started_at")) or MISSING],
        ["Planned", f"{duration(run.planned)}, {count(about.get('connections'))} connections"],
        ["Seed", clean(about.get("seed")) or MISSING],
        ["Fault plan", clean(about.get("faults")) or MISSING],
        ["Probe interval", seconds(about.get("probe_interval_s"))],
        ["Posts", f"{clean(about.get('posts_per_second')) or MISSING} per second"],
        ["Machine", machine(table(about, "machine"))],
        ["Versions", versions(table(about, "versions"))],
        ["Transition table", clean(about.get("table_digest")) or MISSING],
    ]


def headline(run):
    """What was run, in short."""
    about = run.about
    parts = [
        clean(about.get("started_at")),
        f"{count(about.get('connections'))} connections for {duration(run.planned)}",
        f"seed {clean(about.get('seed')) or MISSING}",
        f"Holdfast {clean(field(about, 'versions', 'holdfast'), 12) or MISSING}",
        clean(field(about, "machine", "processor")),
    ]
    return " · ".join(part for part in parts if part) + "."


def plan(run):
    """[cause, per hour, scope, text, so far] of each kind of fault."""
    happened = {}
    for fault in run.faults:
        happened[str(fault.get("cause"))] = happened.get(str(fault.get("cause")), 0) + 1
    found = [[clean(r.get("cause")), number(r.get("per_hour")), clean(r.get("scope")), clean(r.get("text"))]
             for r in rows(run.about, "plan")]
    return [[cause, MISSING if rate is None else significant(rate), scope, text, count(happened.get(cause, 0))]
            for cause, rate, scope, text in found]


def checks(run):
    """[name, bound, value, ok, text]; what failed comes first."""
    found = [[clean(c.get("name")), clean(c.get("bound")), clean(c.get("value")),
              "ok" if c.get("ok") is True else "FAILED", clean(c.get("text"))] for c in rows(run.summary, "checks")]
    return sorted(found, key=lambda row: row[3] == "ok")


def key_figures(run):
    """[figure, what it is] – the numbers that one looks for first."""
    summary = run.summary
    total = run.quantiles(None, "total_s")
    recovered = [f"{seconds(total.get('p50'))} / {seconds(total.get('p99'))}", "from fault to open, median / p99"]
    if not total:
        recovered = [MISSING, "from fault to open: no recovery yet"]
    figures = [
        [count(summary.get("expected")), "deliveries expected"],
        [count(summary.get("delivered")), "delivered"],
        [" / ".join(count(summary.get(name)) for name in ("lost", "doubled", "out_of_order")),
         "lost / doubled / out of order"],
        [count(summary.get("false_reconnects")), "false reconnects"],
        [count(summary.get("faults", len(run.faults))), "faults"],
        [count(len(run.recoveries)), "recoveries"],
        recovered,
        [seconds(total.get("max")), "slowest recovery"],
    ]
    lag = table(summary, "lag_ms")
    if lag:
        figures.append([" / ".join(f"{milliseconds(lag.get(name))}" for name in ("p50", "p99", "max")) + " ms",
                        "loop lag, median / p99 / worst"])
    engine = number(field(summary, "cpu", "engine_percent"))
    if engine is not None:
        figures.append([f"{engine:.1f} %", "of one CPU, the engine"])
    taken = state_chart.counts(run)
    if taken:
        figures.append([count(sum(taken.values())), "transitions"])
    if run.samples:
        figures.append([size(field(run.samples[-1], "engine", "resident_bytes")), "resident memory of the engine"])
    return figures


def milliseconds(value):
    value = number(value)
    return MISSING if value is None else significant(value, 2) if value < 10 else f"{value:,.0f}"


def causes(run):
    """Per cause: faults, connections affected, recovered, then p50, p99 and max of detection, recovery and both."""
    found = []
    for cause in run.causes:
        told = table(run.summary, "per_cause", cause)
        row = [clean(cause), count(told.get("faults")), count(told.get("affected")), count(told.get("recovered"))]
        for name in ("detection_s", "recovery_s", "total_s"):
            times = run.quantiles(cause, name)
            row += [seconds(times.get(share)) for share in ("p50", "p99", "max")]
        found.append(row)
    return found


def occupancy(run):
    """[state, connection-hours, share] of the states."""
    told = table(run.summary, "occupancy_s")
    found = {state: number(told.get(state)) or 0.0 for state in STATES}
    total = sum(found.values())
    return [[s, duration(found[s]), percent(found[s] / total)] for s in STATES] if total > 0 else []


def edges(run):
    """[id, from, event, guard, to, count] of all transitions, also those that were never taken."""
    used, known = state_chart.counts(run), state_chart.transitions()
    if not used:
        return []
    found = []
    for name in sorted({*used, *known}):
        row = known.get(name, {})
        cells = [row.get(column, "") for column in state_chart.COLUMNS[1:]]
        found.append([clean(name), *cells, count(used.get(name, 0))])
    return found


def remarks(run):
    """What a reader must know about the data themselves."""
    found = []
    if run.broken_lines:
        found.append(f"{plural(run.broken_lines, 'line')} of the run's files could not be read; "
                     "what stood there is left out.")
    told, drawn = clean(run.about.get("table_digest")), state_chart.digest()
    if told and drawn and told != drawn:
        found.append(f"The run's transition table ({told}) is not the one of this checkout ({drawn}): "
                     "the state chart may name other transitions than those that were counted.")
    return found


def slow(recovery):
    """The heading of one recovery: its total time, and what it was."""
    connection = recovery.get("connection")
    detected = clean(recovery.get("detected_by"))
    parts = [
        f"{clean(recovery.get('cause'))}, connection {clean(connection)}, at {clock(recovery.get('t'))}",
        f"noticed in {seconds(recovery.get('detection_s'))}" + (f" by {detected}" if detected else ""),
        f"open again after {seconds(recovery.get('recovery_s'))} more",
    ]
    caught_up = number(recovery.get("caught_up"))
    if caught_up is not None:
        parts.append(f"{count(caught_up)} {'delivery' if caught_up == 1 else 'deliveries'} caught up")
    return seconds(recovery.get("total_s")), "; ".join(parts)


def steps(run, value):
    """[offset, id, from, event, to, reason] of the transitions of a recovery or a problem.

    The offset counts from the fault; from the first transition where the fault is not known.
    """
    transitions = rows(value, "transitions")
    first = number(transitions[0].get("t")) if transitions else None
    fault = number(table(run.faults_by_number, value.get("fault")).get("t")) if "fault" in value else None
    if first is not None and fault is not None and fault <= first:
        first = fault
    found = []
    for step in transitions:
        time = number(step.get("t"))
        offset = MISSING if time is None or first is None else f"+{time - first:.3f} s"
        found.append([offset, *(clean(step.get(name)) for name in ("id", "from", "event", "to", "reason"))])
    return found


def problems(run):
    """(heading, text, steps) of each."""
    return [(f"{clean(p.get('kind'))}, connection {clean(p.get('connection'))}, at {clock(p.get('t'))}",
             clean(p.get("text")), steps(run, p)) for p in rows(run.summary, "problems")]
