"""Converts the WebSocket part of the Autobahn test suite from Python 2.7 to Python 3.

usage: convert.py SOURCE DESTINATION

SOURCE is the package `autobahntestsuite` as it is published, DESTINATION the folder to write the converted one to.
Syntax is translated by fissix; what is beyond syntax is the list below, each with its reason. Every edit must find its
place, so that another version of the suite is refused and not judged by half.
"""

import re
import shutil
import sys
from pathlib import Path

from fissix.refactor import RefactoringTool

ABSENT = ["case12_x_x.py", "case9_9_1.py"]

FIXERS = ["except", "has_key", "import", "print", "raise", "xrange"]

# File, what is there, what is to be there, how often.
EDITS = [
    # Messages are compared as they were pickled; what Python 3 pickles depends on which objects are shared.
    ("case/case.py", "return pickle.dumps(obj1) == pickle.dumps(obj2)", "return obj1 == obj2", 1),
    # Dividing whole numbers.
    ("case/case10_1_1.py", "len(self.payload) / self.p", "len(self.payload) // self.p", 1),
    ("case/case6_x_x.py", "from autobahn.websocket.utf8validator import", "from ..bytestrings import", 1),
    # The cases of permessage-deflate, which is not offered.
    ("case/__init__.py", "from .case12_x_x import *\n", "", 1),
    ("case/__init__.py", "Cases.extend(Case12_X_X)\n", "", 1),
    ("case/__init__.py", "CaseSubCategories.update(Case12_X_X_CaseSubCategories)\n", "", 1),
    ("case/__init__.py", "Cases.extend(Case13_X_X)\n", "", 1),
    ("case/__init__.py", "CaseSubCategories.update(Case13_X_X_CaseSubCategories)\n", "", 1),
    # A case that the suite itself does not run.
    ("case/__init__.py", "from .case9_9_1 import *\n", "", 1),
    # The seam between texts and bytes.
    (
        "fuzzing.py",
        "class FuzzingProtocol:\n",
        "from .bytestrings import Wire, asciiLogData, binLogData\n\n\nclass FuzzingProtocol(Wire):\n",
        1,
    ),
    ("fuzzing.py", "p = ''.join(payload)", "p = b''.join(payload)", 1),
    # Pages for people, which nobody reads here, and the wire logs behind them; verdicts are in index.json.
    ("fuzzing.py", "produceHtml = True", "produceHtml = False", 1),
    ("fuzzing.py", "self.createAgentCaseReportJSON(agentId, caseId, self.outdir)", "pass", 1),
]


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    source, destination = map(Path, arguments)
    if destination.exists():
        shutil.rmtree(destination)
    (destination / "case").mkdir(parents=True)
    tool = RefactoringTool(["fissix.fixes.fix_" + name for name in FIXERS])
    names = ["_version.py", "caseset.py", "fuzzing.py"]
    names += sorted("case/" + path.name for path in (source / "case").glob("*.py") if path.name not in ABSENT)
    for name in names:
        # Each byte of a literal is to be a character of its own.
        text = (source / name).read_bytes().decode("latin-1").replace("\r\n", "\n")
        text = str(tool.refactor_string(text if text.endswith("\n") else text + "\n", str(source / name)))
        parent = ".." if name.startswith("case/") else "."
        text = re.sub(r"^import binascii$", f"from {parent} import bytestrings as binascii", text, flags=re.MULTILINE)
        text = text.replace(
            "import os, json, binascii,", f"from {parent} import bytestrings as binascii\nimport os, json,"
        )
        # Every class is an object now, and must not say so first.
        text = text.replace("(object, Case, )", "(Case, )")
        for place, old, new, count in EDITS:
            if place != name:
                continue
            if text.count(old) != count:
                sys.exit(f"convert.py: {name} has not {count} × {old!r}: another version of the suite?")
            text = text.replace(old, new)
        (destination / name).write_bytes(("# -*- coding: latin-1 -*-\n" + text).encode("latin-1"))
    (destination / "__init__.py").write_text("from ._version import __version__\n\nversion = __version__\n")
    # Styles of the pages that are not written.
    styles = ["CSS_COMMON", "CSS_DETAIL_REPORT", "CSS_MASTER_REPORT", "JS_MASTER_REPORT"]
    (destination / "report.py").write_text(" = ".join(styles) + ' = ""\n')
    shutil.copy(Path(__file__).with_name("bytestrings.py"), destination)


if __name__ == "__main__":
    main(sys.argv[1:])
