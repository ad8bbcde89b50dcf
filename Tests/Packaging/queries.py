#!/usr/bin/env python3
"""Holds what Prometheus and Grafana ask for against what a gateway serves; see .ci/packaging.

    queries.py METRICS OUTPUT

METRICS is what /metrics served, in the format 0.0.4, of a gateway to which everything has happened once. The names, the
values of labels and the labels to group by of Packaging's alerts and dashboard must be in it. To OUTPUT go, for promtool,
`rules.json`, the dashboard's expressions as rules of which each fires where its expression yields anything, and `test.json`,
in which they see the gateway's series grow and must all fire.
"""

import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SELECTOR = re.compile(r"\b(up|holdfast_\w+)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
# What Prometheus adds to each series.
TARGET = {"job": "holdfast", "instance": "127.0.0.1:8090"}


def series(text):
    found = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
        pairs = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or ""))
        found.append((name, {**pairs, **TARGET}, float(value)))
    return found


def complaints(where, text, served):
    """Of an expression, or of a text with some in it."""
    for name, matchers in SELECTOR.findall(text):
        of_name = [labels for other, labels, _ in served if other == name]
        if name == "up":
            continue
        if not of_name:
            yield f"{where}: the gateway serves no {name}"
        for label, _, value in MATCHER.findall(matchers):
            if not any(label in labels for labels in of_name):
                yield f"{where}: {name} has no label {label}"
            for part in [] if "$" in value or not of_name else value.split("|"):
                if not any(labels.get(label) == part for labels in of_name):
                    yield f'{where}: {name} has no {label}="{part}"'
    known = {label for _, labels, _ in served for label in labels}
    for group in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", text):
        for label in filter(None, map(str.strip, group.split(","))):
            if label not in known:
                yield f"{where}: no series has the label {label}"


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def with_variables(expression):
    for name, value in [("__rate_interval", "5m"), ("__range", "20m"), ("instance", ".*"), ("server", ".*")]:
        expression = expression.replace(f"${name}", value)
    return expression


def main():
    metrics, output = sys.argv[1:]
    with open(metrics, encoding="utf-8") as file:
        served = series(file.read())
    with open(f"{ROOT}/Packaging/prometheus-alerts.yml", encoding="utf-8") as file:
        alerts = "\n".join(line for line in file if not line.lstrip().startswith("#"))
    with open(f"{ROOT}/Packaging/grafana-dashboard.json", encoding="utf-8") as file:
        dashboard = json.load(file)

    wrong = list(complaints("prometheus-alerts.yml", alerts, served))
    known = {label for _, labels, _ in served for label in labels}
    for label in re.findall(r"\$labels\.(\w+)", alerts):
        if label not in known:
            wrong.append(f"prometheus-alerts.yml: no series has the label {label}")
    rules = []
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            wrong += complaints(f"variable {variable['name']}", variable["query"]["query"], served)
            if not any(variable["name"] in labels for _, labels, _ in served):
                wrong.append(f"no series has the label of the variable {variable['name']}")
    identities = [panel["id"] for panel in panels(dashboard)]
    if len(set(identities)) != len(identities):
        wrong.append("two panels of the dashboard have one id")
    for panel in panels(dashboard):
        if panel["type"] != "row" and not panel.get("targets"):
            wrong.append(f"panel {panel['title']} asks for nothing")
        for target in panel.get("targets", []):
            where = f"panel {panel['title']}"
            expression = with_variables(target["expr"])
            if "$" in expression:
                wrong.append(f"{where}: a variable that the dashboard has not: {expression}")
            wrong += complaints(where, target["expr"], served)
            for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                if label not in known:
                    wrong.append(f"{where}: no series has the label {label} of the legend")
            rules.append({"alert": f"panel {panel['id']}{target['refId']}: {panel['title']}",
                          "expr": f"count({expression}) > 0"})
    if wrong:
        raise SystemExit("packaging: " + "\npackaging: ".join(wrong))

    with open(f"{output}/rules.json", "w", encoding="utf-8") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
    test = {
        "rule_files": ["rules.json"], "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [
                {"series": name + "{" + ",".join(f'{label}="{text}"' for label, text in labels.items()) + "}",
                 "values": f"{value}+1x30"} for name, labels, value in served],
            "alert_rule_test": [
                {"eval_time": "30m", "alertname": rule["alert"], "exp_alerts": [{"exp_labels": {}}]} for rule in rules],
        }],
    }
    with open(f"{output}/test.json", "w", encoding="utf-8") as file:
        json.dump(test, file)
    names = {name for rule in rules for name, _ in SELECTOR.findall(rule["expr"])}
    unseen = {re.sub("_(bucket|sum|count)$", "", name) for name, _, _ in served} - {
        re.sub("_(bucket|sum|count)$", "", name) for name in names}
    if unseen:
        raise SystemExit(f"packaging: no panel of the dashboard shows {', '.join(sorted(unseen))}")
    print(f"packaging: {len(rules)} expressions on {len(names)} names, all of which the gateway serves")


main()
