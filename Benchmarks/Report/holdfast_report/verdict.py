"""The run in one sentence."""

from .run_folder import field, rows, table
from .wording import MISSING, clean, count, duration, number, plural


class Verdict:
    """`word` is pass, fail or running; `sentence` says why; `finished` tells whether the run came to its end."""

    def __init__(self, run):
        summary = run.summary
        state = summary.get("state") or "running"
        self.finished = state == "finished"
        self.reasons = [reason(check) for check in rows(summary, "checks") if check.get("ok") is not True]
        word = summary.get("verdict")
        if self.finished and not self.reasons:
            self.reasons = contradictions(summary)
        if word == "fail" and not self.reasons:
            self.reasons = ["the run says so, and names no check that failed."]
        if word == "pass" and not rows(summary, "checks"):
            self.reasons = ["the run says that it passed, but it holds no check."]
        if self.finished and word not in ("pass", "fail") and not self.reasons:
            self.reasons = ["the run has ended without a verdict."]
        self.word = "fail" if self.reasons else "pass" if self.finished else "running"
        self.heading, self.sentence = wording(run, state, self)


def contradictions(summary):
    """What the figures of a finished run say against a pass, though no check does."""
    kinds = [("lost", "were lost"), ("doubled", "came twice"), ("out_of_order", "came out of order")]
    wrong = [f"{count(summary[name])} deliveries {words}, though no check says so." for name, words in kinds
             if (number(summary.get(name)) or 0) > 0]
    for name, slope in table(summary, "slopes").items():
        if field(slope, "ok") is False:
            wrong.append(f"{clean(name)} grows beyond its bound, though no check says so.")
    return wrong


def reason(check):
    """Why a check failed, as the end of a sentence."""
    text = clean(check.get("text"))
    if not text:
        text = f"{clean(check.get('name')) or 'a check'} is {clean(check.get('value')) or MISSING}, " \
            f"and the bound is {clean(check.get('bound')) or MISSING}."
    return text if text.endswith((".", "!", "?")) else text + "."


def wording(run, state, verdict):
    planned = duration(run.planned) if run.planned is not None else "an unknown time"
    reasons = " ".join(verdict.reasons)
    if verdict.finished:
        if verdict.word == "pass":
            return "Passed", (
                f"{duration(run.elapsed)} with {plural(run.about.get('connections'), 'connection')} and "
                f"{plural(run.summary.get('faults'), 'fault')}; all {len(rows(run.summary, 'checks'))} checks hold"
                f"{delivered(run.summary)}.")
        return "Failed", reasons
    so_far = f"{duration(run.elapsed)} of {planned}"
    opening = f"interrupted after {so_far}" if state == "interrupted" else f"{so_far} have been recorded"
    if verdict.reasons:
        return "Failed, not finished", f"{opening[0].upper()}{opening[1:]}. {reasons}"
    checks = rows(run.summary, "checks")
    hold = f"all {len(checks)} checks hold so far" if checks else "nothing has been checked yet"
    return "Not finished", f"{opening[0].upper()}{opening[1:]}; {hold}."


def delivered(summary):
    wrong = [number(summary.get(name)) for name in ("lost", "doubled", "out_of_order")]
    if wrong == [0, 0, 0] and summary.get("expected") is not None and summary["expected"] == summary.get("delivered"):
        return f", and all {count(summary['delivered'])} deliveries came once and in order"
    return ""
