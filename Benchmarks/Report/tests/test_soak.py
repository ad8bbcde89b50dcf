"""The report of a soak, on generated runs."""

import contextlib
import html.parser
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from holdfast_report.command import main
from holdfast_report.palette import ROLES, TEXT_ROLES, contrast
from holdfast_report.run_folder import RunFolder, quantile, read_lines
from holdfast_report.state_chart import identifier, transitions
from holdfast_report.verdict import Verdict

from .generated_run import soak

HOSTILE = "</td><script>alert('1')</script> & \"quotes\" | `code` $x$ \u202e\x00 [a](http://b) ![i](j)"
VOID = {"meta", "br", "img", "hr", "link"}


class Balance(html.parser.HTMLParser):
    """Notes every element and attribute, and fails where elements are not properly nested."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.attributes, self.faults = [], set(), [], []

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.add(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


class SoakTests(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name) / "run"

    def small(self, **options):
        soak(self.folder, **{"minutes": 10, "connections": 20} | options)

    def report(self, name="out"):
        """Runs the command; {file name: bytes} of what it wrote."""
        output = self.folder.parent / name
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(main([str(self.folder), "--output", str(output)]), 0)
        return {path.name: path.read_bytes() for path in sorted(output.iterdir())}

    def page(self):
        return self.report()["report.html"].decode("utf-8")

    def change(self, **changes):
        path = self.folder / "summary.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    # MARK: - The whole

    def test_a_finished_run_gives_page_summary_and_figures(self):
        self.small()
        files = self.report()
        names = ["recovery", "throughput", "occupancy", "memory", "resources", "lag", "edges"]
        figures = {f"{name}{theme}.svg" for name in names for theme in ("", "-dark")}
        self.assertEqual(set(files), {"report.html", "report.md"} | figures)
        page = files["report.html"].decode("utf-8")
        self.assertIn("<strong>Passed.</strong>", page)
        self.assertIn("The 10 slowest recoveries", page)
        for name in figures:
            ElementTree.fromstring(files[name])
            self.assertNotIn(b"#fe01", files[name], f"{name} has a colour that belongs to no theme")
            self.assertNotIn(b"var(--", files[name])

    def test_the_page_is_well_formed_and_needs_nothing_from_outside(self):
        self.small()
        page = self.page()
        balance = Balance()
        balance.feed(page)
        self.assertEqual((balance.open, balance.faults), ([], []))
        self.assertFalse(balance.seen & {"script", "link", "img", "iframe", "object", "embed"})
        for name, value in balance.attributes:
            if name in ("href", "xlink:href", "src"):
                self.assertTrue(value.startswith("#"), value)
        self.assertNotIn("@import", page)
        self.assertNotRegex(page, r"url\((?!#)")
        self.assertNotIn("#fe01", page)

    def test_ids_are_unique_and_every_reference_has_its_target(self):
        self.small()
        page = self.page()
        ids = re.findall(r' id="([^"]+)"', page)
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(set(re.findall(r'(?:url\(#|href="#)([^")]+)', page)) - set(ids), set())

    def test_every_variable_of_the_page_is_defined_for_both_themes(self):
        self.small()
        page = self.page()
        for name in set(re.findall(r"var\(--([a-z-]+)\)", page)) - {"tone"}:
            self.assertEqual(page.count(f"--{name}: #"), 2, name)

    def test_the_same_run_gives_the_same_bytes(self):
        self.small()
        outputs = []
        # In processes of their own, so that neither the order of hashes nor the place in memory is the same.
        for seed in ("1", "2"):
            output = self.folder.parent / seed
            subprocess.run(
                [sys.executable, "-m", "holdfast_report", str(self.folder), "--output", str(output)], check=True,
                cwd=Path(__file__).parents[1], env=os.environ | {"PYTHONHASHSEED": seed}, stderr=subprocess.DEVNULL)
            outputs.append({path.name: path.read_bytes() for path in sorted(output.iterdir())})
        self.assertEqual(*outputs)
        self.assertEqual(outputs[0], self.report())

    def test_an_hour_of_two_hundred_connections_stays_below_two_megabytes(self):
        soak(self.folder)
        self.assertGreater(len(RunFolder(self.folder).recoveries), 10_000)
        self.assertLess(len(self.report()["report.html"]), 2_000_000)

    # MARK: - What is missing

    def test_a_run_that_goes_on_says_so(self):
        self.small(state="running", verdict="running", until=3)
        page = self.page()
        self.assertIn("<strong>Not finished.</strong> 3 min of 10 min have been recorded", page)
        self.assertIn("This run is not finished", page)

    def test_an_interrupted_run_is_no_pass(self):
        self.small(state="interrupted", verdict="pass", until=3)
        page = self.page()
        self.assertIn("Interrupted after 3 min of 10 min", page)
        self.assertNotIn("Passed", page)

    def test_a_last_line_that_is_cut_off_is_left_out(self):
        self.small()
        whole = self.report("whole")
        for name in ("samples", "faults", "recoveries"):
            with (self.folder / f"{name}.jsonl").open("a") as file:
                file.write('{"t": 599.5, "cause": "dr')
        self.assertEqual(self.report("cut"), whole)

    def test_a_line_cut_within_a_character_is_left_out(self):
        path = self.folder.parent / "lines.jsonl"
        path.write_bytes('{"a": 1}\n{"text": "ü'.encode()[:-1])
        self.assertEqual(read_lines(path), ([{"a": 1}], 0))

    def test_a_broken_line_in_the_middle_is_told(self):
        self.small()
        path = self.folder / "faults.jsonl"
        path.write_text("nonsense\n" + path.read_text())
        self.assertIn("1 line of the run&#x27;s files could not be read", self.page())

    def test_every_prefix_of_the_files_can_be_reported(self):
        self.small(minutes=2)
        names = ["samples.jsonl", "faults.jsonl", "recoveries.jsonl", "summary.json"]
        whole = {name: (self.folder / name).read_bytes() for name in names}
        for share in (0, 0.003, 0.1, 0.57, 0.9):
            for name, data in whole.items():
                (self.folder / name).write_bytes(data[:int(len(data) * share)])
            with self.subTest(share=share):
                self.assertIn("<strong>Not finished.</strong>", self.page())

    def test_only_the_run_itself(self):
        self.small()
        for name in ("samples.jsonl", "faults.jsonl", "recoveries.jsonl", "summary.json"):
            (self.folder / name).unlink()
        page = self.page()
        self.assertIn("nothing has been checked yet", page)
        self.assertIn("No connection has had to recover.", page)

    def test_values_of_the_wrong_kind_do_no_harm(self):
        self.small(changes={"slopes": {"resident_bytes": {"per_hour": "fast"}}, "lag_ms": [1], "cpu": None,
                            "edges": {"T01": None, "T02": "x", "T03": -5, "T04": 2}, "occupancy_s": 3,
                            "per_cause": {"drop": 1},
                            "problems": [None, {"kind": 1}], "checks": [None]})
        with (self.folder / "samples.jsonl").open("a") as file:
            file.write('{"t": "soon"}\n{"t": 600, "engine": 3, "states": [1], "events_per_s": true}\n[]\n')
        self.assertIn("it holds no check", self.page())

    def test_no_recoveries(self):
        self.small(faults=False)
        files = self.report()
        self.assertNotIn("recovery.svg", files)
        self.assertIn(b"No connection has had to recover.", files["report.md"])

    # MARK: - The verdict

    def test_a_failure_says_why(self):
        self.small(verdict="fail")
        self.change(checks=[
            {"name": "posts lost", "ok": False, "value": "3", "bound": "0", "text": "3 posts were lost"},
            {"name": "memory slope", "ok": False, "value": "+9 MB/h", "bound": "at most 4 MB/h", "text": ""},
            {"name": "order", "ok": True, "value": "0", "bound": "0", "text": "Each channel kept its order."}])
        verdict = Verdict(RunFolder(self.folder))
        self.assertEqual(verdict.word, "fail")
        self.assertEqual(
            verdict.sentence, "3 posts were lost. memory slope is +9 MB/h, and the bound is at most 4 MB/h.")
        files = self.report()
        for name in ("report.html", "report.md"):
            self.assertIn("Failed.", files[name].decode())
            self.assertIn("3 posts were lost.", files[name].decode())

    def test_a_pass_with_a_failed_check_is_a_failure(self):
        self.small(verdict="pass")
        self.change(checks=[{"name": "order", "ok": False, "value": "1", "bound": "0", "text": "One post came late."}])
        self.assertEqual(Verdict(RunFolder(self.folder)).word, "fail")

    def test_a_pass_without_checks_is_a_failure(self):
        self.small(verdict="pass")
        self.change(checks=[])
        self.assertEqual(Verdict(RunFolder(self.folder)).word, "fail")

    def test_a_pass_against_its_own_figures_is_a_failure(self):
        slope = {"resident_bytes": {"per_hour": 9e6, "low": 8e6, "high": 1e7, "bound": 4e6, "ok": False}}
        for changes in ({"lost": 2}, {"doubled": 1}, {"out_of_order": 1}, {"slopes": slope}):
            self.small(verdict="pass", changes=changes)
            with self.subTest(changes=changes):
                verdict = Verdict(RunFolder(self.folder))
                self.assertEqual(verdict.word, "fail")
                self.assertIn("though no check says so", verdict.sentence)

    def test_a_failure_without_a_reason_is_a_failure(self):
        self.small(verdict="fail")
        self.assertEqual(Verdict(RunFolder(self.folder)).word, "fail")

    def test_a_running_run_that_fails_already_says_so(self):
        self.small(state="running", verdict="running", until=3)
        self.change(checks=[{"name": "lost", "ok": False, "value": "1", "bound": "0", "text": "One post was lost."}])
        self.assertIn("<strong>Failed, not finished.</strong>", self.page())

    # MARK: - Content

    def test_hostile_text_stays_text(self):
        self.small()
        steps = [{"t": 1, "id": HOSTILE, "from": HOSTILE, "event": HOSTILE, "to": HOSTILE, "reason": HOSTILE}]
        self.change(state=HOSTILE, verdict="fail", checks=[
            {"name": HOSTILE, "ok": False, "value": HOSTILE, "bound": HOSTILE, "text": HOSTILE}],
            problems=[{"t": 1, "connection": HOSTILE, "kind": HOSTILE, "text": HOSTILE, "transitions": steps}])
        about = json.loads((self.folder / "run.json").read_text())
        about["plan"].append({"cause": HOSTILE, "per_hour": 1, "scope": HOSTILE, "text": HOSTILE})
        about |= {"versions": {HOSTILE: HOSTILE}, "machine": {"processor": HOSTILE}, "table_digest": HOSTILE,
                  "started_at": HOSTILE}
        (self.folder / "run.json").write_text(json.dumps(about))
        with (self.folder / "recoveries.jsonl").open("a") as file:
            file.write(json.dumps({"t": 5, "fault": 1, "connection": HOSTILE, "cause": HOSTILE, "detected_by": HOSTILE,
                                   "detection_s": 500, "recovery_s": 70, "total_s": 570, "transitions": steps}) + "\n")
        with (self.folder / "faults.jsonl").open("a") as file:
            fault = {"t": 5, "fault": HOSTILE, "cause": HOSTILE, "connections": [], "text": HOSTILE}
            file.write(json.dumps(fault) + "\n")
        files = self.report()
        balance = Balance()
        balance.feed(files["report.html"].decode())
        self.assertEqual((balance.open, balance.faults), ([], []))
        self.assertNotIn("script", balance.seen)
        self.assertIn("&lt;script&gt;", files["report.html"].decode())
        self.assertNotIn("<script", files["report.md"].decode())
        self.assertNotIn("\x00", files["report.md"].decode())
        self.assertNotIn("\u202e", files["report.md"].decode() + files["report.html"].decode())
        for name, data in files.items():
            if name.endswith(".svg"):
                tree = ElementTree.fromstring(data)
                self.assertFalse([e for e in tree.iter() if e.tag.endswith("script")])

    def test_hostile_cells_do_not_break_a_markdown_table(self):
        self.small()
        self.change(checks=[{"name": HOSTILE, "ok": True, "value": "a\n| b", "bound": "", "text": ""}])
        line = next(x for x in self.report()["report.md"].decode().splitlines() if "alert" in x)
        # Four cells have five unescaped bars.
        self.assertEqual(len(re.findall(r"(?<!\\)\|", line)), 5, line)

    def test_the_slowest_recovery_leads_with_its_transitions_since_the_fault(self):
        self.small(faults=False)
        (self.folder / "faults.jsonl").write_text('{"t": 100, "fault": 9, "cause": "freeze", "connections": [4]}\n')
        steps = [{"t": 112.5, "id": "T20", "from": "probing", "event": "probeTimeout", "to": "stale",
                  "reason": "silence"}]
        quick = {"t": 50, "fault": 8, "connection": 1, "cause": "drop", "detection_s": 1, "recovery_s": 1, "total_s": 2}
        slow = {"t": 115, "fault": 9, "connection": 4, "cause": "freeze", "detected_by": "timeout", "detection_s": 12.5,
                "recovery_s": 2.5, "total_s": 15, "caught_up": 1, "transitions": steps}
        (self.folder / "recoveries.jsonl").write_text(json.dumps(quick) + "\n" + json.dumps(slow) + "\n")
        text = self.report()["report.md"].decode()
        self.assertIn("1. **15.0 s** – freeze, connection 4, at 01:55.0; noticed in 12.5 s by timeout; "
                      "open again after 2.50 s more; 1 delivery caught up.", text)
        self.assertIn("   - +12.500 s T20 probing → stale (probeTimeout; silence)", text)
        self.assertIn("2. **2.00 s**", text)

    def test_quantiles_are_the_nearest_rank(self):
        # Of 1…100 the 50th and the 99th; of one value that one.
        self.assertEqual([quantile(list(range(1, 101)), share) for share in (0.5, 0.99, 1)], [50, 99, 100])
        self.assertEqual(quantile([7], 0.5), 7)
        self.assertIsNone(quantile([], 0.5))

    def test_every_transition_of_the_chart_bears_its_count(self):
        used = {name: index * 37 for index, name in enumerate(transitions())}
        self.small(changes={"edges": used})
        chart = ElementTree.fromstring(self.report()["edges.svg"])
        labels = {identifier(e): e for e in chart.iter() if identifier(e)}
        self.assertEqual(set(labels), set(transitions()))
        for name, label in labels.items():
            title = label.find("{http://www.w3.org/2000/svg}title").text
            self.assertTrue(title.endswith(f": {used[name]:,}"), title)
        widths = {e.get("stroke-width") for e in chart if e.tag.endswith("path") and " h" not in e.get("d")}
        self.assertGreater(len(widths), 5, "the lines do not follow their counts")

    def test_another_transition_table_is_told(self):
        self.small(digest="0000000000000000")
        self.assertIn("is not the one of this checkout", self.page())

    def test_colours_can_be_told_from_their_ground(self):
        for theme in (0, 1):
            for role in TEXT_ROLES:
                for ground in ("background", "panel"):
                    ratio = contrast(ROLES[role][theme], ROLES[ground][theme])
                    self.assertGreaterEqual(ratio, 4.5, f"{role} on {ground}, theme {theme}")
            for box in ("chart-working", "chart-recovering", "calm"):
                self.assertGreaterEqual(contrast(ROLES["text"][theme], ROLES[box][theme]), 4.5)
            self.assertGreaterEqual(contrast(ROLES["neutral"][theme], ROLES["background"][theme]), 3)

    # MARK: - The command

    def test_bad_input_is_a_usage_error_that_says_what_to_do(self):
        empty = self.folder.parent / "empty"
        empty.mkdir()
        for arguments in ([], [str(self.folder / "nothing")], [str(empty)], [str(empty), "--nonsense"]):
            error = io.StringIO()
            with self.subTest(arguments=arguments), contextlib.redirect_stderr(error):
                try:
                    status = main(arguments)
                except SystemExit as end:
                    status = end.code
                self.assertEqual(status, 64)
                self.assertIn("report: ", error.getvalue())


if __name__ == "__main__":
    unittest.main()
