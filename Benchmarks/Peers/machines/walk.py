"""The walk of the machines in Python: the same cycle for each, checked state by state before it is measured."""

import argparse
import json
import platform
import resource
import sys
import time

# One turn from connecting to connecting: event, state that follows, misses then. The first probe without an answer is
# forgiven, the second is not: the guard decides, not the event.
CYCLE = [
    ("ready", "open", 0),
    ("probe_due", "probing", 0),
    ("probe_timeout", "open", 1),
    ("probe_due", "probing", 1),
    ("probe_timeout", "stale", 1),
    ("drained", "terminating", 1),
    ("close_timeout", "backoff", 1),
    ("retry_due", "connecting", 1),
]
WARM_UP = 100  # turns


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(64, f"{self.prog}: {message}; see --help\n")


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def check(name, got, wanted):
    if got != wanted:
        sys.exit(f"{name}: went astray: {got} instead of {wanted}")


def main(name, version, make_walker):
    version = f"{version}, Python {platform.python_version()}"
    parser = Parser(prog=name, description="Walks the connection lifecycle and tells what a transition costs.")
    parser.add_argument("--version", action="version", version=f"{name}: {version}")
    parser.add_argument("--count", type=positive, required=True, help="transitions, rounded up to whole turns of 8")
    count = parser.parse_args().count
    turns = -(-count // len(CYCLE))
    walker = make_walker()
    for event, state, misses in CYCLE:
        walker.turn(walker.prepare([event]))
        check(name, (walker.state, walker.misses), (state, misses))
    events = walker.prepare([event for event, _, _ in CYCLE])
    for _ in range(WARM_UP):
        walker.turn(events)
    start, cpu = time.perf_counter(), cpu_seconds()
    for _ in range(turns):
        walker.turn(events)
    wall, cpu = time.perf_counter() - start, cpu_seconds() - cpu
    # Each turn ends with an attempt more and a failure more.
    walked = 1 + WARM_UP + turns
    check(name, (walker.state, walker.generation, walker.failures), ("connecting", 1 + walked, walked))
    transitions = turns * len(CYCLE)
    print(json.dumps({
        "client": name, "version": version, "mode": "transition", "transitions": transitions, "wall_s": round(wall, 6),
        "cpu_s": round(cpu, 6), "ns_per_transition": round(cpu * 1e9 / transitions, 2)}))
