"""A comparison that never was, for the tests and for looking at the report."""

import json
import random

COSTS = {
    "ingest-700": ("ingest", "ns CPU per event", 887, {"holdfast": 0.93, "cpp": 1, "aiohttp": 5.6, "node": 7.6,
                                                       "websockets": 15.2, "go": 18.1}),
    "ingest-1200": ("ingest", "ns CPU per event", 1206, {"holdfast": 0.9, "cpp": 1, "aiohttp": 9.3, "node": 9.6,
                                                         "websockets": 18.6, "go": 20.6}),
    "ingest-4096": ("ingest", "ns CPU per event", 5343, {"holdfast": 1.41, "cpp": 1, "aiohttp": 6.6, "node": 6.8,
                                                         "websockets": 7.9, "go": 15.1}),
    "idle-memory": ("idle", "bytes per connection", 532, {"holdfast": 3.4, "cpp": 1, "node": 24, "aiohttp": 31}),
    "storm-1000": ("storm", "s CPU", 0.075, {"holdfast": 1.3, "cpp": 1, "go": 2.7, "aiohttp": 8.2, "node": 9}),
    "transition": ("transition", "ns per transition", 2.2, {"holdfast": 1.8, "c-switch": 1, "gen_statem": 190,
                                                            "transitions": 9100, "sismic": 90000}),
}


def comparison(folder, seed=3, changes=None):
    chance = random.Random(seed)
    scenarios, goals = [], []
    for name, (kind, unit, base, factors) in COSTS.items():
        reference = "c-switch" if kind == "transition" else "cpp"
        rounds = [chance.uniform(0.93, 1.12) for _ in range(5)]
        results, of_reference = {}, None
        for client in sorted(factors, key=lambda c: c != reference):
            values = [base * factors[client] * r * chance.uniform(0.96, 1.05) for r in rounds]
            of_reference = of_reference or values
            ratios = sorted(v / r for v, r in zip(values, of_reference))
            results[client] = {"values": values, "median": sorted(values)[2], "min": min(values), "max": max(values),
                               "ratio": ratios[2], "ratio_min": ratios[0], "ratio_max": ratios[-1]}
        goal = None
        if kind == "ingest":
            goal = {"text": "Cost against the C++ client", "client": "holdfast", "at_most": 1.3}
        scenarios.append({"id": name, "kind": kind, "text": f"The scenario {name}.", "unit": unit,
                          "reference": reference, "results": results, "goal": goal})
        if goal:
            ours = results["holdfast"]
            goals.append({"text": f"{name} against C++", "bound": "at most 1.30", "value": ours["ratio"],
                          "text_value": f"{ours['ratio']:.2f} ({ours['ratio_min']:.2f}-{ours['ratio_max']:.2f})",
                          "ok": ours["ratio"] <= 1.3})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comparison.json").write_text(json.dumps({
        "schema": 1, "started_at": "2026-01-02T03:04:05Z", "machine": {"processor": "Example CPU 3000", "cores": 2,
        "memory_bytes": 8_000_000_000, "kernel": "6.1.0", "system": "Debian 12"}, "versions": {"swift": "6.3.1"},
        "rounds": 5, "quick": False,
        "clients": [{"name": "holdfast", "text": "engine, public API", "version": "0123456"},
                    {"name": "cpp", "text": "libuv, a hand parser, simdjson", "version": "3.1.3"}],
        "skipped": [{"name": "gen_statem", "why": "erl is not installed"}],
        "scenarios": scenarios, "goals": goals} | (changes or {})), encoding="utf-8")
