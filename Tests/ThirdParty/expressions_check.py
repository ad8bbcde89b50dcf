"""Evaluates every expression of an SCXML document in ECMAScript (QuickJS) and in python-statemachine, with random values.

usage: expressions_check.py DOCUMENT

The document calls its expressions ECMAScript; other interpreters read them as Python's. Prints the number of expressions
and of values compared; ends with status 1, and names the expression, where the two do not agree.
"""

import json
import random
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import quickjs
from statemachine.io.evaluators import evaluator_for

ROUNDS = 300
NUMBERS = [-1, 0, 1, 2, 3, 4294967295, 10000000000]
WORDS = {
    "failure": ["retryable", "unauthorized", "rateLimited", "fatal"],
    "lane": ["paced", "slow", "atOnce", "after"],
}
EVENT = ["fromGeneration", "fromRound", "failure", "limit", "now", "due"]


def values(names, generator):
    return {name: generator.choice(WORDS.get(name, NUMBERS)) for name in names}


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    root = ElementTree.fromstring(Path(sys.argv[1]).read_text(encoding="utf-8"))
    names = [element.get("id") for element in root.iter() if element.tag.endswith("}data")]
    conditions = {element.get("cond") for element in root.iter() if element.get("cond")}
    expressions = {element.get("expr") for element in root.iter() if element.get("expr")}
    generator = random.Random(1)
    evaluator = evaluator_for(trusted=False)
    compiled = [(text, evaluator.compile_bool(text)) for text in sorted(conditions)]
    compiled += [(text, evaluator.compile_value(text)) for text in sorted(expressions)]
    context = quickjs.Context()
    for _ in range(ROUNDS):
        memory, event = values(names, generator), values(EVENT, generator)
        context.eval(f"Object.assign(globalThis, {json.dumps(memory)}, {{_event: {{data: {json.dumps(event)}}}}});")
        machine = SimpleNamespace(model=SimpleNamespace(**memory))
        for text, evaluate in compiled:
            here = evaluate(machine=machine, _event=SimpleNamespace(data=SimpleNamespace(**event)))
            there = context.eval(text)
            if here != there or isinstance(here, bool) != isinstance(there, bool):
                raise SystemExit(f"{text} is {here} in Python and {there} in ECMAScript, with {memory} and {event}")
    print(f"{len(compiled)} expressions, {ROUNDS} values each")


if __name__ == "__main__":
    main()
