#!/usr/bin/env python3
"""Runs a gateway as Packaging does, against the simulator; see .ci/packaging.

    drive.py HOLDFAST OUTPUT

HOLDFAST is the command. Both configurations of Packaging are taken as they are, but for addresses and folders. The unit's
runs with credentials as systemd shows them, under strace where that is here; the image's with its variables, and with the
check of health that the Containerfile has. In between the account is cycled, until the gateway has found out and replaced the
connection. To OUTPUT go `openmetrics` and `prometheus`, what /metrics served then, and `trace`, what strace saw.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 60
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CREDENTIALS = "/run/credentials/holdfast-gateway.service"
RUNNING = []


def fail(words):
    raise SystemExit(f"packaging: {words}")


def packaged(name):
    with open(f"{ROOT}/Packaging/{name}", encoding="utf-8") as file:
        return file.read()


def fetch(url, method="GET", token=None, body=None, accept=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if accept:
        headers["Accept"] = accept
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, method=method, data=data, headers=headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as response:
        return response.headers["Content-Type"], response.read().decode()


def until(what, holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            fail(f"{what}: not within {PATIENCE} seconds")
        time.sleep(0.1)


class Simulator:
    def __init__(self, command):
        process = subprocess.Popen(
            [command, "simulate", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        RUNNING.append(process)
        self.fixture = json.loads(process.stdout.readline())
        self.url = self.fixture["url"]
        self.hook = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=self.hook.serve_forever, daemon=True).start()

    def post(self, message):
        fetch(f"{self.url}/api/v4/posts", "POST", self.fixture["user_token"],
              {"channel_id": self.fixture["channel_id"], "message": message})

    def cycle_account(self):
        for active in (False, True):
            fetch(f"{self.url}/api/v4/users/{self.fixture['bot_id']}/active", "PUT", self.fixture["admin_token"],
                  {"active": active})


class Hook(BaseHTTPRequestHandler):
    """Takes every delivery."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Gateway:
    """The command with a configuration of Packaging, on addresses and in a folder of this test."""

    def __init__(self, command, server, configuration, folder, variables=None, around=()):
        configuration["store"] = f"{folder}/gateway.holdfast"
        configuration["status"]["listen"] = re.sub(r":\d+$", ":0", configuration["status"]["listen"])
        configuration["servers"]["main"].update(url=server.url, probe_interval_seconds=0.5)
        configuration["sinks"]["hook"]["url"] = f"http://127.0.0.1:{server.hook.server_port}/"
        self.file = f"{folder}/gateway.json"
        self.log = f"{folder}/log"
        self.environment = {"PATH": os.environ["PATH"], **(variables or {})}
        self.command = [command, "gateway", "--config", self.file]
        self.write(configuration)
        checked = subprocess.run(
            [*self.command, "--check"], env=self.environment, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        if checked.returncode != 0:
            fail(f"the configuration is refused:\n{checked.stderr}")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*around, *self.command], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        RUNNING.append(self.process)
        until("the status page", lambda: self.said(r"status page on http://(\S+)/"))
        # The address that is listened on may be all of them.
        port = self.said(r"status page on http://(\S+)/").rsplit(":", 1)[1]
        self.url = f"http://127.0.0.1:{port}"

    def write(self, configuration):
        with open(self.file, "w", encoding="utf-8") as file:
            json.dump(configuration, file)

    def said(self, pattern):
        if self.process.poll() is not None:
            fail(f"the gateway ended with status {self.process.returncode}:\n{self.all()}")
        found = re.search(pattern, self.all())
        return found and found[1]

    def all(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def is_ready(self):
        try:
            return fetch(f"{self.url}/readyz")[1].startswith("ready: 1 of 1")
        except urllib.error.HTTPError:
            return False

    def counts(self, series, least=1, token=None):
        found = re.search(rf"^{re.escape(series)} (\d+)", fetch(f"{self.url}/metrics", token=token)[1], re.MULTILINE)
        return found is not None and int(found[1]) >= least

    def list_accounts(self):
        """As an administrator does, who has not the gateway's secrets."""
        listed = subprocess.run(
            [self.command[0], "ctl", "--config", self.file, "list"], env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE, text=True, timeout=PATIENCE)
        if listed.returncode != 0 or "bot-1" not in listed.stdout:
            fail(f"holdfast ctl list ended with status {listed.returncode}: {listed.stdout}")

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self, setting):
        self.process.send_signal(setting)
        status = self.process.wait(PATIENCE)
        if status != 0:
            fail(f"stopped by {setting.name}, the gateway ended with status {status}:\n{self.all()}")


def unit_setting(name):
    values = re.findall(rf"^{name}=(.*)$", packaged("holdfast-gateway.service"), re.MULTILINE)
    return values[-1] if values else fail(f"the unit has no {name}")


def under_systemd(command, server, output):
    """The configuration of the unit, with credentials that systemd gives by an access list: mode 0440."""
    unit = packaged("holdfast-gateway.service")
    loaded = re.findall(r"^LoadCredential=([^:]+):", unit, re.MULTILINE)
    text = packaged("gateway.json")
    named = re.findall(rf"{CREDENTIALS}/([^\"]+)", text)
    if sorted(loaded) != sorted(named):
        fail(f"the unit loads the credentials {loaded}, its configuration names {named}")
    folder = tempfile.mkdtemp(dir=output)
    credentials = f"{folder}/credentials"
    os.mkdir(credentials, 0o700)

    def credential(name, secret):
        with open(f"{credentials}/{name}", "w", encoding="utf-8") as file:
            file.write(secret)
        os.chmod(f"{credentials}/{name}", 0o440)
        return f"{credentials}/{name}"

    for name in named:
        credential(name, server.fixture["bot_token"])
    trace = f"{output}/trace"
    around = ["strace", "-D", "-f", "-qq", "-o", trace] if traces(output) else []
    configuration = json.loads(text.replace(CREDENTIALS, credentials))
    gateway = Gateway(command, server, configuration, folder, {"CREDENTIALS_DIRECTORY": credentials}, around)
    until("an open connection", gateway.is_ready)
    server.post("heard by an open connection")
    until("a delivery", lambda: gateway.counts('holdfast_deliveries_total{source="live"}'))
    until("a proof", lambda: gateway.counts('holdfast_verdicts_total{check="reply",outcome="alive"}'))
    server.cycle_account()
    until("the verdict that the connection is deaf", lambda: gateway.counts("holdfast_detection_seconds_count"))
    until("the recovery", lambda: gateway.is_ready() and gateway.counts("holdfast_recovery_seconds_count"))
    for name, accept in [("openmetrics", "application/openmetrics-text; version=1.0.0"), ("prometheus", None)]:
        kind, metrics = fetch(f"{gateway.url}/metrics", accept=accept)
        with open(f"{output}/{name}", "w", encoding="utf-8") as file:
            file.write(metrics)
        print(f"packaging: {name}: {kind}, {len(metrics.splitlines())} lines")
    gateway.list_accounts()
    # What ExecReload does.
    configuration["accounts"].append({**configuration["accounts"][0], "name": "bot-2"})
    configuration["accounts"][1]["token_file"] = credential("bot-2.token", server.fixture["user_token"])
    gateway.write(configuration)
    gateway.reload()
    until("the second account", lambda: gateway.counts('holdfast_accounts{state="open"}', least=2))
    gateway.stop(signal.SIGTERM)

    configuration["accounts"][0]["sink"] = "none"
    gateway.write(configuration)
    status = subprocess.run(
        gateway.command, env=gateway.environment, stderr=subprocess.DEVNULL, timeout=PATIENCE).returncode
    if str(status) not in unit_setting("RestartPreventExitStatus").split():
        fail(f"a wrong configuration ends with status {status}, after which the unit would start it again")
    schema = json.loads(subprocess.run(
        [command, "gateway", "--schema"], stdout=subprocess.PIPE, check=True, timeout=PATIENCE).stdout)
    shutdown = json.loads(text).get("shutdown_seconds", schema["properties"]["shutdown_seconds"]["default"])
    if int(unit_setting("TimeoutStopSec")) <= shutdown + 10:
        fail(f"TimeoutStopSec is too short: the gateway may take {shutdown} seconds to stop, and 10 more")


def traces(output):
    """Whether strace is here and may look."""
    if not shutil.which("strace"):
        return False
    probe = subprocess.run(["strace", "-D", "-o", f"{output}/probe", "true"], stderr=subprocess.DEVNULL, timeout=PATIENCE)
    return probe.returncode == 0


def in_container(command, server, output):
    """The configuration of the image, with its variables and its check of health."""
    secrets = {"BOT_1_TOKEN": server.fixture["bot_token"], "HOOK_SECRET": "hook", "STATUS_TOKEN": "status"}
    gateway = Gateway(
        command, server, json.loads(packaged("gateway-in-container.json")), tempfile.mkdtemp(dir=output), secrets)
    until("an open connection", gateway.is_ready)
    until("the open account in the metrics", lambda: gateway.counts('holdfast_accounts{state="open"}', token="status"))
    gateway.list_accounts()
    containerfile = packaged("Containerfile")
    health = re.search(r"HEALTHCHECK[^[]*(\[.*\])", containerfile)
    health = [part.replace("/8090", f"/{gateway.url.rsplit(':', 1)[1]}") for part in json.loads(health[1])]
    if subprocess.run(health, timeout=PATIENCE).returncode != 0:
        fail("the image's check of health does not find the gateway")
    gateway.stop(signal.Signals[re.search(r"^STOPSIGNAL (\w+)", containerfile, re.MULTILINE)[1]])
    if subprocess.run(health, stderr=subprocess.DEVNULL, timeout=PATIENCE).returncode == 0:
        fail("the image's check of health finds a gateway that is not there")


def main():
    command, output = sys.argv[1:]
    try:
        under_systemd(command, Simulator(command), output)
        in_container(command, Simulator(command), output)
    finally:
        for process in RUNNING:
            if process.poll() is None:
                process.kill()
            process.wait()
    print("packaging: both configurations run, reload and stop as they should")


main()
