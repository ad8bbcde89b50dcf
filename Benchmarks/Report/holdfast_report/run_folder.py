"""What a soak wrote into its folder, as far as it has come.

A run may still be going on, or may have been killed in the middle of a line: a last line that is not whole is left
out, a broken line elsewhere is counted.
"""

import json
import math
from pathlib import Path

from .wording import number

STATES = ["idle", "connecting", "open", "probing", "stale", "terminating", "backoff", "stopped"]


class UnreadableFolder(Exception):
    """The folder is not one that a report can be made of; the text says what to do."""


def read_object(path):
    """The JSON object in `path`, or None where there is none that is whole."""
    try:
        value = json.loads(path.read_bytes().decode("utf-8", "replace"))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_lines(path):
    """The JSON objects in `path`, one per line, and the number of broken lines before the last."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return [], 0
    objects, broken = [], 0
    # What follows the last line break is a line that is not finished yet, unless it happens to be whole.
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            objects.append(value)
        elif index < len(lines) - 1:
            broken += 1
    return objects, broken


def field(value, *names):
    """The value under nested names, or None."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def table(value, *names):
    """The object under nested names, or an empty one."""
    found = field(value, *names)
    return found if isinstance(found, dict) else {}


def rows(value, *names):
    """The objects of the list under nested names."""
    found = field(value, *names)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def quantile(ordered, share):
    """The nearest rank: the smallest value that at least `share` of all do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


class RunFolder:
    def __init__(self, folder):
        folder = Path(folder)
        self.about = read_object(folder / "run.json")
        if self.about is None:
            raise UnreadableFolder(
                f"{folder} holds neither a readable run.json nor comparison.json: "
                "give the folder that `soak` or `compare` wrote")
        self.summary = read_object(folder / "summary.json") or {}
        self.samples, broken_samples = read_lines(folder / "samples.jsonl")
        self.faults, broken_faults = read_lines(folder / "faults.jsonl")
        self.recoveries, broken_recoveries = read_lines(folder / "recoveries.jsonl")
        self.broken_lines = broken_samples + broken_faults + broken_recoveries
        self.samples = sorted((s for s in self.samples if number(s.get("t")) is not None), key=lambda s: s["t"])

        self.faults_by_number = {f["fault"]: f for f in self.faults if isinstance(f.get("fault"), (int, str))}

    @property
    def elapsed(self):
        """Seconds since the start, up to the last thing that was recorded."""
        elapsed = number(self.summary.get("elapsed_s"))
        if elapsed is not None:
            return elapsed
        return number(self.samples[-1]["t"]) if self.samples else 0.0

    @property
    def planned(self):
        minutes = number(self.about.get("minutes"))
        return None if minutes is None else minutes * 60

    @property
    def causes(self):
        """All causes: in the plan's order, then as they occurred."""
        found = {}
        for row in [*rows(self.about, "plan"), *self.faults, *self.recoveries]:
            if row.get("cause") is not None:
                found.setdefault(str(row["cause"]))
        for cause in table(self.summary, "per_cause"):
            found.setdefault(cause)
        return list(found)

    def series(self, *names):
        """(minutes, value) of all samples that have the value."""
        times, values = [], []
        for sample in self.samples:
            value = number(field(sample, *names))
            if value is not None:
                times.append(sample["t"] / 60)
                values.append(value)
        return times, values

    def times(self, cause, name):
        """The sorted times `name` of all recoveries from `cause`, in seconds; of all causes where it is None."""
        found = (number(r.get(name)) for r in self.recoveries if cause is None or str(r.get("cause")) == cause)
        return sorted(value for value in found if value is not None)

    def quantiles(self, cause, name):
        """{"p50", "p99", "max"} from the recoveries; from the summary where they are not there."""
        ordered = self.times(cause, name)
        if ordered:
            return {"p50": quantile(ordered, 0.5), "p99": quantile(ordered, 0.99), "max": ordered[-1]}
        return table(self.summary, "per_cause", cause, name) if cause is not None else {}

    def slowest(self, limit):
        def total(recovery):
            return number(recovery.get("total_s")) or 0.0

        return sorted(self.recoveries, key=lambda r: (-total(r), number(r.get("t")) or 0.0))[:limit]
