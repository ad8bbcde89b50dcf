"""Runs that never were: seeded data in a soak's format, for the tests and for looking at the report."""

import json
import random

PLAN = [
    ("account cycle", 220, "one", "A bot is disabled and enabled again.", (4, 14), (0.05, 0.6)),
    ("token cycle", 220, "one", "The token is revoked and made anew.", (4, 14), (0.05, 0.9)),
    ("restart", 12, "all", "The server restarts.", (0.001, 0.05), (0.3, 6)),
    ("freeze", 180, "one", "The server stops answering for a while.", (8, 20), (0.2, 1.5)),
    ("drop", 600, "one", "The network resets the connection.", (0.0005, 0.01), (0.05, 0.4)),
    ("slow server", 120, "some", "Answers come late.", (5, 16), (0.1, 2)),
    ("429 storm", 30, "all", "Every request is answered with 429 and Retry-After.", (0.002, 0.02), (1, 12)),
    ("profile edit", 400, "one", "A user edits a profile: nothing may happen.", None, None),
    ("consumer stall", 250, "one", "The consumer stops taking events.", None, None),
]
EDGES = [f"T{i:02d}" for i in range(1, 37)]


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def quantiles(values):
    ordered = sorted(values)
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)], "max": ordered[-1]}


def path_of(t, total, detection, deaf):
    steps = [("T16", "probing", "deaf", "stale", "the ping was answered, the canary did not come")] if deaf \
        else [("T12", "open", "lost", "backoff", "connection reset by peer")]
    steps += [("T24", "stale", "drained", "terminating", ""), ("T31", "terminating", "closeTimeout", "backoff", "")] \
        if deaf else []
    steps += [("T34", "backoff", "retryDue", "connecting", ""), ("T03", "connecting", "ready", "open", "greeted")]
    times = [t + detection + (total - detection) * i / (len(steps) - 1) for i in range(len(steps))]
    return [{"t": round(time, 4), "id": i, "from": a, "event": e, "to": b, "reason": r}
            for time, (i, a, e, b, r) in zip(times, steps)]


def soak(folder, seed=7, minutes=60, connections=200, state="finished", verdict="pass", faults=True, digest=None,
         until=None, changes=None):
    """Writes a run of `minutes` into `folder`; `until` ends it early, `changes` is laid over the summary."""
    chance = random.Random(seed)
    end = (until or minutes) * 60
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps({
        "schema": 1, "title": "soak", "seed": seed, "minutes": minutes, "connections": connections, "faults": "default",
        "plan": [{"cause": c, "per_hour": r, "scope": s, "text": t} for c, r, s, t, _, _ in PLAN],
        "probe_interval_s": 10, "posts_per_second": 400, "started_at": "2026-01-02T03:04:05Z",
        "machine": {"processor": "Example CPU 3000", "cores": 2, "memory_bytes": 8_000_000_000, "kernel": "6.1.0",
                    "system": "Debian 12"},
        "versions": {"holdfast": "0123456789ab", "swift": "6.3.1", "libuv": "1.44.2", "openssl": "3.0.17",
                     "libcurl": "7.88.1", "simdjson": "3.1.3", "sqlite": "3.40.1"},
        "table_digest": digest or "78cee0d5f2c00e57"}), encoding="utf-8")
    fault_rows, recoveries = [], []
    for cause, per_hour, scope, text, detect, recover in PLAN if faults else []:
        for _ in range(round(per_hour * end / 3600)):
            t = chance.uniform(5, end - 1)
            hit = [] if scope == "all" else chance.sample(range(connections), 1 if scope == "one" else 5)
            number = len(fault_rows) + 1
            fault_rows.append({"t": round(t, 3), "fault": number, "cause": cause, "connections": hit, "text": text,
                               "end_t": round(t + chance.uniform(0.1, 5), 3)})
            for connection in (hit or range(connections)) if detect else []:
                detection = chance.uniform(*detect) * chance.lognormvariate(0, 0.25)
                recovery = recover[0] * (recover[1] / recover[0]) ** chance.betavariate(2, 3.5)
                total = detection + recovery
                if t + total < end:
                    recoveries.append({
                        "t": round(t + total, 3), "fault": number, "connection": connection, "cause": cause,
                        "detected_by": chance.choice(["canary", "timeout"]) if detection > 1 else "lost",
                        "detection_s": round(detection, 4), "recovery_s": round(recovery, 4),
                        "total_s": round(total, 4),
                        "caught_up": chance.randrange(40), "transitions": path_of(t, total, detection, detection > 1)})
    fault_rows.sort(key=lambda row: row["t"])
    recoveries.sort(key=lambda row: row["t"])
    write_lines(folder / "faults.jsonl", fault_rows)
    write_lines(folder / "recoveries.jsonl", recoveries)
    samples = sample_rows(chance, end, connections, recoveries, fault_rows)
    write_lines(folder / "samples.jsonl", samples)
    summary = summary_of(chance, end, connections, state, verdict, fault_rows, recoveries, samples) | (changes or {})
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")


def sample_rows(chance, end, connections, recoveries, fault_rows):
    samples, delivered, wander = [], 0, 0.0
    for t in range(5, int(end) + 1, 5):
        # A connection that two faults hit is away once.
        away = {r["connection"]: r for r in recoveries if r["t"] - r["recovery_s"] <= t < r["t"]}.values()
        states = dict.fromkeys(
            ["idle", "connecting", "open", "probing", "stale", "terminating", "backoff", "stopped"], 0)
        for recovery in away:
            states[chance.choices(["backoff", "connecting", "terminating", "stale"], [6, 3, 1, 1])[0]] += 1
        busy = min(len(away), connections)
        states["probing"] = min(connections - busy, chance.randrange(4))
        states["open"] = max(0, connections - busy - states["probing"])
        rate = 400 * (1 - busy / connections) * chance.uniform(0.93, 1.05)
        delivered += int(rate * 5)
        wander = 0.97 * wander + chance.gauss(0, 90_000)
        warm = 1 - 2.718 ** (-t / 90)
        samples.append({
            "t": t + round(chance.uniform(0, 0.01), 3),
            "engine": {"resident_bytes": int(31e6 + 7e6 * warm + wander), "descriptors": 214 + connections - busy,
                       "handles": 3 * connections + 12 - busy, "timers": connections + 4 + chance.randrange(3),
                       "threads": 6, "cpu_s": t * 0.11, "lag_ms_p50": chance.lognormvariate(-3, 0.3),
                       "lag_ms_max": chance.lognormvariate(1, 0.7)},
            "simulator": {"resident_bytes": int(60e6 + 30e6 * t / 3600 + chance.gauss(0, 2e5)),
                          "descriptors": connections + 20, "cpu_s": t * 0.2},
            "states": states, "posted": delivered, "expected": delivered, "delivered": delivered,
            "faults": sum(f["t"] <= t for f in fault_rows), "events_per_s": rate})
    return samples


def summary_of(chance, end, connections, state, verdict, fault_rows, recoveries, samples):
    per_cause = {}
    for cause in {row["cause"]: None for row in fault_rows}:
        those = [r for r in recoveries if r["cause"] == cause]
        per_cause[cause] = {"faults": sum(f["cause"] == cause for f in fault_rows), "affected": len(those),
                            "recovered": len(those)}
        if those:
            for name in ("detection_s", "recovery_s", "total_s"):
                per_cause[cause][name] = quantiles([r[name] for r in those])
    edges = dict.fromkeys(EDGES, 0)
    for recovery in recoveries:
        for step in recovery["transitions"]:
            edges[step["id"]] += 1
    edges |= {"T01": connections, "T09": int(connections * end / 10), "T15": int(connections * end / 11),
              "T17": 812, "T19": 1103, "T10": 57}
    delivered = samples[-1]["delivered"] if samples else 0
    bounds = {"resident_bytes": 4_000_000, "descriptors": 5, "handles": 10, "timers": 10}
    slopes = {name: {"per_hour": bound * 0.04, "low": bound * -0.03, "high": bound * 0.11, "bound": bound, "ok": True}
              for name, bound in bounds.items()}
    checks = [
        ("posts lost", "0", "0", "No post was lost."), ("posts doubled", "0", "0", "No post came twice."),
        ("out of order", "0", "0", "Each channel kept its order."),
        ("false reconnects", "0", "0", "No connection was replaced that delivered."),
        ("recovery p99", "31.2 s", "at most 45 s", "From fault to open again."),
        ("memory slope", "+0.16 MB/h", "at most 4 MB/h", "Resident memory does not grow."),
    ]
    away = sum(r["recovery_s"] for r in recoveries)
    return {"schema": 1, "state": state, "verdict": verdict, "elapsed_s": end,
            "checks": [{"name": n, "ok": True, "value": v, "bound": b, "text": t} for n, v, b, t in checks],
            "posted": delivered // 2, "expected": delivered, "delivered": delivered, "lost": 0, "doubled": 0,
            "out_of_order": 0, "false_reconnects": 0, "faults": len(fault_rows), "per_cause": per_cause, "edges": edges,
            "occupancy_s": {"open": connections * end - away - end, "probing": end, "backoff": away * 0.6,
                            "connecting": away * 0.3, "terminating": away * 0.06, "stale": away * 0.04},
            "slopes": slopes, "lag_ms": {"p50": 0.05, "p99": 3.4, "max": 41.8},
            "cpu": {"engine_s": end * 0.11, "simulator_s": end * 0.2, "engine_percent": 11.0}, "problems": []}
