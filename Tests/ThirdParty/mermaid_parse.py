"""Has Mermaid's own parser read state diagrams: mermaid.js, as mermaidx carries it.

usage: mermaid_parse.py [--render] FILE...

Prints one JSON object a line, for each file: {"states": [id, ...], "groups": {id: [member, ...]}, "relations": [[from, to,
label], ...]}, where a start is "root_start" and an end "root_end", or {"error": message} for what is no state diagram.
With --render it draws as well, and adds {"size": characters of the SVG}.
"""

import json
import sys
from pathlib import Path

import mermaidx
from mermaidx.engines.quickjs_engine import Engine

PARSE = """
globalThis.__parsed = null;
globalThis.__refused = null;
mermaid.initialize({startOnLoad: false});
mermaid.mermaidAPI.getDiagramFromText(%s).then(diagram => {
    if (diagram.type !== 'stateDiagram') throw new Error('a ' + diagram.type + ', not a state diagram');
    globalThis.__parsed = JSON.stringify(diagram.db.getRootDocV2());
}).catch(error => { globalThis.__refused = String(error); });
"""


def walk(document, found, group=None):
    for statement in document:
        if statement["stmt"] == "relation":
            ends = [statement["state1"]["id"], statement["state2"]["id"]]
            found["relations"].append(ends + [statement.get("description", "").strip()])
            members = ends
        elif statement["stmt"] == "state":
            members = [statement["id"]]
            if "doc" in statement:
                found["groups"][statement["id"]] = []
                walk(statement["doc"], found, statement["id"])
        else:
            raise SystemExit(f"unknown statement {statement['stmt']}")
        for member in members:
            if group is not None and member not in found["groups"][group]:
                found["groups"][group].append(member)
            if member not in found["states"]:
                found["states"].append(member)


def parse(engine, text):
    context = engine._ctx
    context.eval(PARSE % json.dumps(text))
    while not context.eval("globalThis.__parsed !== null || globalThis.__refused !== null"):
        if not engine._run_job() and not context.eval("__runNextTimer()"):
            return {"error": "no answer"}
    refused = context.eval("__flat(globalThis.__refused)")
    if refused is not None:
        return {"error": refused}
    found = {"states": [], "groups": {}, "relations": []}
    walk(json.loads(context.eval("__flat(globalThis.__parsed)"))["doc"], found)
    return found


def main():
    paths = sys.argv[1:]
    render = "--render" in paths
    if render:
        paths.remove("--render")
    if not paths:
        raise SystemExit(__doc__)
    engine = Engine()
    engine.start()
    for path in paths:
        text = Path(path).read_text(encoding="utf-8")
        found = engine._executor.submit(parse, engine, text).result()
        if render and "error" not in found:
            found["size"] = len(mermaidx.render(text).svg())
        print(json.dumps(found))
    engine.close()


if __name__ == "__main__":
    main()
