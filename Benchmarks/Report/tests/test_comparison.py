"""The report of a comparison, on generated results."""

import contextlib
import io
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from holdfast_report.command import main

from .generated_comparison import comparison


class ComparisonTests(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)

    def report(self, status=0):
        error = io.StringIO()
        with contextlib.redirect_stderr(error):
            self.assertEqual(main([str(self.folder)]), status)
        return error.getvalue()

    def text(self):
        self.report()
        return (self.folder / "comparison.md").read_text()

    def test_writes_the_text_and_both_pictures(self):
        comparison(self.folder)
        text = self.text()
        pictures = [(self.folder / name).read_bytes() for name in ("comparison.svg", "comparison-dark.svg")]
        for picture in pictures:
            words = "".join(ElementTree.fromstring(picture).itertext())
            for name in ("holdfast", "cpp", "aiohttp", "sismic", "reference", "ingest-700"):
                self.assertIn(name, words)
            self.assertNotIn(b"#fe01", picture)
        self.assertNotEqual(*pictures)
        self.assertIn('srcset="comparison-dark.svg"', text)
        self.assertFalse((self.folder / "report.html").exists())

    def test_is_deterministic(self):
        comparison(self.folder)
        names = ("comparison.md", "comparison.svg", "comparison-dark.svg")
        self.report()
        first = [(self.folder / name).read_bytes() for name in names]
        self.report()
        self.assertEqual(first, [(self.folder / name).read_bytes() for name in names])

    def test_a_missed_goal_is_said_first_and_plainly(self):
        comparison(self.folder)
        text = self.text()
        # The generated engine costs 1.41 x at 4,096 bytes, and the goal is 1.3.
        self.assertIn("**1 of 3 goals is missed:** ingest-4096 against C++", text)
        self.assertIn("| MISSED |", text)
        self.assertIn("at most 1.30 × the reference: **MISSED**", text)
        self.assertEqual(text.count("| met |"), 2)

    def test_all_goals_met(self):
        goal = {"text": "speed", "bound": "at most 1.30", "value": 1, "ok": True}
        comparison(self.folder, changes={"goals": [goal]})
        self.assertIn("**The goal is met.**", self.text())
        comparison(self.folder, changes={"goals": [goal, goal]})
        self.assertIn("**All 2 goals are met.**", self.text())

    def test_a_goal_that_nobody_measured_is_not_met(self):
        comparison(self.folder, changes={"goals": [{"text": "speed", "bound": "at most 1.30"}]})
        text = self.text()
        self.assertIn("**1 of 1 goal is missed:** speed (measured –, bound at most 1.30)", text)

    def test_ratios_and_the_reference(self):
        comparison(self.folder)
        rows = [line for line in self.text().splitlines() if line.startswith(("| **holdfast**", "| cpp |"))]
        self.assertEqual(sum("reference" in row for row in rows), 5)
        self.assertEqual(sum("×" in row for row in rows), 6)

    def test_skipped_peers_are_named_with_the_reason(self):
        comparison(self.folder, changes={"skipped": [{"name": "node", "why": "no <ws> | found"}, {"name": "x"}]})
        text = self.text()
        self.assertIn("- node: no &lt;ws&gt; \\| found", text)
        self.assertIn("- x: no reason given", text)

    def test_a_quick_run_is_called_that(self):
        comparison(self.folder, changes={"quick": True})
        self.assertIn("This was a quick run", self.text())

    def test_results_without_values(self):
        results = {"holdfast": {"values": [], "median": None}, "cpp": {"median": 0, "min": 0, "max": 0}, "odd": 3}
        comparison(self.folder, changes={"scenarios": [
            {"id": "empty", "text": "", "unit": "s CPU", "results": {}},
            {"id": "zero", "text": "", "unit": "s CPU", "reference": "cpp", "results": results}]})
        self.assertIn("Nothing was measured.", self.text())

    def test_nothing_at_all(self):
        comparison(self.folder, changes={"scenarios": [], "goals": [], "clients": []})
        self.assertIn("No goals were measured.", self.text())
        self.assertFalse((self.folder / "comparison.svg").exists())

    def test_a_file_that_is_cut_off_is_an_error(self):
        comparison(self.folder)
        path = self.folder / "comparison.json"
        path.write_bytes(path.read_bytes()[:-20])
        self.assertIn("run `compare` again", self.report(status=64))


if __name__ == "__main__":
    unittest.main()
