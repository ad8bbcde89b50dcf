"""The lifecycle in the PyPI package sismic."""

import pathlib
from importlib import metadata

from sismic.interpreter import Interpreter
from sismic.io import import_from_yaml

import walk

CHART = pathlib.Path(__file__).with_name("lifecycle.yaml")


class Walker:
    def __init__(self):
        self.interpreter = Interpreter(import_from_yaml(CHART.read_text(encoding="utf-8")))
        self.interpreter.execute_once()
        self.turn(["start"])

    def turn(self, events):
        interpreter = self.interpreter
        for event in events:
            interpreter.queue(event)
            interpreter.execute_once()

    def prepare(self, names):
        return names

    @property
    def state(self):
        return self.interpreter.configuration[-1]

    def __getattr__(self, name):
        return self.interpreter.context[name]


if __name__ == "__main__":
    walk.main("sismic", f"sismic {metadata.version('sismic')}", Walker)
