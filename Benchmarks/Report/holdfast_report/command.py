"""The command line."""

import argparse
import sys
from pathlib import Path

from .run_folder import RunFolder, UnreadableFolder

USAGE_ERROR = 64
OUTPUT_ERROR = 73

DESCRIPTION = """Writes the report of what `soak` or `compare` left in FOLDER.

From a soak's folder: report.html (one self-contained page), report.md and the figures as SVG, each for the light and
the dark theme. Works at any moment: of a run that goes on, or that was interrupted, it reports what there is.
From a folder with comparison.json: comparison.md, comparison.svg and comparison-dark.svg."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(USAGE_ERROR, f"report: {message}\n")


def main(arguments):
    parser = Parser(prog="report", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the run or the comparison was written")
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="where to write (default: into FOLDER)")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is not a folder: give the one that `soak` or `compare` wrote")
    output = options.output or options.folder
    try:
        files = report(options.folder)
    except UnreadableFolder as error:
        print(f"report: {error}", file=sys.stderr)
        return USAGE_ERROR
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
            print(f"report: wrote {output / name}, {len(text.encode('utf-8')):,} bytes", file=sys.stderr)
    except OSError as error:
        print(f"report: cannot write into {output}: {error.strerror}", file=sys.stderr)
        return OUTPUT_ERROR
    return 0


def report(folder):
    """{file name: text} of all that can be said about what is in `folder`."""
    files = {}
    comparison = (folder / "comparison.json").is_file()
    if comparison:
        files |= comparison_report(folder)
    if not comparison or (folder / "run.json").is_file():
        files |= soak_report(folder)
    return files


def soak_report(folder):
    from .markdown import soak_markdown
    from .page import soak_page
    from .plots import soak_figures
    from .state_chart import edge_figure
    from .verdict import Verdict
    run = RunFolder(folder)
    verdict = Verdict(run)
    edges = edge_figure(run)
    figures = soak_figures(run) + ([edges] if edges is not None else [])
    return {"report.html": soak_page(run, verdict, figures), "report.md": soak_markdown(run, verdict, figures),
            **pictures(figures)}


def comparison_report(folder):
    from .comparison import Comparison, comparison_figure, comparison_markdown
    comparison = Comparison(folder)
    figure = comparison_figure(comparison)
    files = pictures([figure] if figure is not None else [])
    return {"comparison.md": comparison_markdown(comparison, figure), **files}


def pictures(figures):
    files = {}
    for figure in figures:
        files[f"{figure.name}.svg"] = figure.file(0)
        files[f"{figure.name}-dark.svg"] = figure.file(1)
    return files
