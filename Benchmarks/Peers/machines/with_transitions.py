"""The lifecycle in the PyPI package transitions."""

from importlib import metadata

from transitions import Machine

import walk

STATES = ["idle", "connecting", "open", "probing", "stale", "terminating", "backoff", "stopped"]


def row(source, trigger, dest, *actions, when=None, unless=None):
    return {
        "trigger": trigger, "source": source, "dest": dest, "conditions": when, "unless": unless,
        "before": list(actions)}


TRANSITIONS = [
    row("idle", "start", "connecting", "begin_attempt"),
    row("idle", "stop", "stopped", "want_stop"),
    row("connecting", "ready", "open", "mark_ready"),
    row("connecting", "attempt_failed", "backoff", "count_failure", when="may_retry"),
    row("connecting", "attempt_failed", "stopped", "want_stop", unless="may_retry"),
    row("connecting", "connect_timeout", "terminating", "count_failure", when="may_retry"),
    row("connecting", "connect_timeout", "terminating", "want_stop", unless="may_retry"),
    row("connecting", "stop", "terminating", "want_stop"),
    row("open", "probe_due", "probing"),
    row("open", "suspicion", "probing"),
    row("open", "probe", "probing"),
    row("open", "lost", "backoff", "count_failure"),
    row("open", "reconnect", "terminating"),
    row("open", "stop", "terminating", "want_stop"),
    row("probing", "alive", "open", "clear_misses"),
    row("probing", "deaf", "stale", "count_failure"),
    row("probing", "inconclusive", "open", "count_miss", when="misses_left"),
    row("probing", "inconclusive", "stale", "count_failure", unless="misses_left"),
    row("probing", "probe_timeout", "open", "count_miss", when="misses_left"),
    row("probing", "probe_timeout", "stale", "count_failure", unless="misses_left"),
    row("probing", "lost", "backoff", "count_failure"),
    row("probing", "reconnect", "terminating"),
    row("probing", "stop", "terminating", "want_stop"),
    row("stale", "drained", "terminating"),
    row("stale", "lost", "backoff"),
    row("stale", "reconnect", "terminating"),
    row("stale", "stop", "terminating", "want_stop"),
    row("terminating", "closed", "stopped", when="is_stop_wanted"),
    row("terminating", "closed", "backoff", unless="is_stop_wanted"),
    row("terminating", "close_timeout", "stopped", when="is_stop_wanted"),
    row("terminating", "close_timeout", "backoff", unless="is_stop_wanted"),
    row("terminating", "stop", "terminating", "want_stop"),
    row("terminating", "reconnect", "terminating"),
    row("backoff", "retry_due", "connecting", "begin_attempt"),
    row("backoff", "reconnect", "connecting", "begin_attempt"),
    row("backoff", "stop", "stopped", "want_stop"),
]


class Lifecycle:
    def __init__(self, misses_allowed=1, attempt_budget=float("inf")):
        self.misses_allowed = misses_allowed
        self.attempt_budget = attempt_budget
        self.generation = self.misses = self.failures = 0
        self.stop_wanted = False

    def may_retry(self):
        return self.failures < self.attempt_budget

    def misses_left(self):
        return self.misses < self.misses_allowed

    def is_stop_wanted(self):
        return self.stop_wanted

    def begin_attempt(self):
        self.generation += 1

    def mark_ready(self):
        self.misses = 0

    def clear_misses(self):
        self.misses = 0

    def count_miss(self):
        self.misses += 1

    def count_failure(self):
        self.failures += 1

    def want_stop(self):
        self.stop_wanted = True


class Walker:
    def __init__(self):
        self.lifecycle = Lifecycle()
        Machine(
            self.lifecycle, STATES, initial="idle", transitions=TRANSITIONS, auto_transitions=False,
            ignore_invalid_triggers=True)
        self.lifecycle.start()

    def turn(self, events):
        """Events in order; each is a method of the model."""
        for fire in events:
            fire()

    def prepare(self, names):
        return [getattr(self.lifecycle, name) for name in names]

    def __getattr__(self, name):
        return getattr(self.lifecycle, name)


if __name__ == "__main__":
    walk.main("transitions", f"transitions {metadata.version('transitions')}", Walker)
