"""Runs sequences of events through SCXML documents with python-statemachine, an interpreter by others.

usage: scxml_run.py SEQUENCES OUTPUT DOCUMENT...

SEQUENCES holds one JSON object a line: {"document": index, "settings": {name: number}, "events": [[name, fromGeneration,
fromRound, failure, limit, now, due], ...]}. OUTPUT gets one line for each, in the same order: after every event the
state and the memory, as "state generation round misses failures stopWanted readySince lane", joined by "|"; a lane
that waits as long as the server asked is "after:nanoseconds".
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from statemachine.io import load

FIELDS = ("fromGeneration", "fromRound", "failure", "limit", "now", "due")


class Document:
    """One loaded document. It is put back to its start instead of being loaded again: loading is slow."""

    def __init__(self, path):
        self.chart = load(Path(path))
        self.machine = self.chart()
        self.start = dict(vars(self.machine.model))

    def begin(self, settings):
        if self.machine.is_terminated:
            self.machine = self.chart()
        model = self.machine.model
        for name, value in self.start.items():
            setattr(model, name, value)
        for name, value in settings.items():
            if name not in self.start:
                raise SystemExit(f"the document has no {name}")
            setattr(model, name, value)

    def run(self, sequence):
        self.begin(sequence["settings"])
        send, model = self.machine.send, self.machine.model
        seen = []
        for name, *data in sequence["events"]:
            send(name, **dict(zip(FIELDS, data)))
            lane = f"after:{model.retryAfter}" if model.lane == "after" else model.lane
            seen.append(
                f"{model.state} {model.generation} {model.round} {model.misses} {model.failures} "
                f"{model.stopWanted} {model.readySince} {lane}"
            )
        return "|".join(seen)


def run_all(paths, lines):
    documents = {}
    results = []
    for line in lines:
        sequence = json.loads(line)
        index = sequence["document"]
        if index not in documents:
            documents[index] = Document(paths[index])
        results.append(documents[index].run(sequence))
    return results


def main():
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    sequences, output, *paths = sys.argv[1:]
    lines = Path(sequences).read_text(encoding="utf-8").splitlines()
    workers = min(os.cpu_count() or 1, max(1, len(lines) // 500))
    share = -(-len(lines) // workers)
    parts = [lines[start : start + share] for start in range(0, len(lines), share)]
    if workers == 1:
        results = [run_all(paths, part) for part in parts]
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
            results = list(pool.map(run_all, [paths] * len(parts), parts))
    Path(output).write_text("".join(line + "\n" for part in results for line in part), encoding="utf-8")


if __name__ == "__main__":
    main()
