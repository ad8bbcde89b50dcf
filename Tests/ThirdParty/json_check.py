"""Checks JSON documents against a JSON Schema with jsonschema, a validator by others.

usage: json_check.py SCHEMA DOCUMENT...

The schema itself is checked first. Prints, for each document, one line: "valid", or the first thing that is wrong.
"""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    schema = read(sys.argv[1])
    if schema["$schema"] != Draft202012Validator.META_SCHEMA["$schema"]:
        raise SystemExit("the schema is not of draft 2020-12")
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for path in sys.argv[2:]:
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(read(path))]
        print(errors[0].replace("\n", " ") if errors else "valid")


if __name__ == "__main__":
    main()
