#!/usr/bin/env python3
"""Runs the examples of the C ABI against the simulator; see .ci/c-abi.

    drive.py HOLDFAST PREFIX MISUSE LISTEN ECHO...

HOLDFAST is the command, PREFIX where the library is installed, MISUSE and each ECHO a build of misuse.c and echo.c,
LISTEN is listen.py. In between the account is cycled, after which the server sends the connection nothing more: what is
posted then must come all the same.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PATIENCE = 60


class Output:
    """The lines of a process as they come; each wait ends with the line, or fails."""

    def __init__(self, process):
        self.seen = []
        self.lines = queue.Queue()
        threading.Thread(target=self.read, args=(process.stdout,), daemon=True).start()

    def read(self, stream):
        for line in stream:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def wait(self, what, wanted):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self.lines.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise SystemExit(f"c-abi: {what} did not come; what came:\n" + "\n".join(self.seen[-40:]))
            self.seen.append(line)
            if wanted(line):
                return line


class Server:
    def __init__(self, command):
        self.process = subprocess.Popen(
            [command, "simulate", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.fixture = json.loads(self.process.stdout.readline())
        self.url = self.fixture["url"]

    def request(self, method, path, token, body=None):
        request = urllib.request.Request(
            f"{self.url}/api/v4{path}", method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as response:
            return json.loads(response.read())

    def post(self, message):
        body = {"channel_id": self.fixture["channel_id"], "message": message}
        return self.request("POST", "/posts", self.fixture["user_token"], body)

    def posts(self):
        path = f"/channels/{self.fixture['channel_id']}/posts?per_page=200"
        return self.request("GET", path, self.fixture["user_token"])["posts"].values()

    def cycle_account(self):
        path = f"/users/{self.fixture['bot_id']}/active"
        for active in (False, True):
            self.request("PUT", path, self.fixture["admin_token"], {"active": active})


RUNNING = []


def run(server, arguments, environment=None):
    environment = {**os.environ, "HOLDFAST_TOKEN": server.fixture["bot_token"], **(environment or {})}
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    RUNNING.append(process)
    return process, Output(process)


def ends_well(process, output, what):
    if process.wait(timeout=PATIENCE) != 0:
        rest = [line for line in output.lines.queue if line]
        raise SystemExit(f"c-abi: {what} ended with {process.returncode}:\n" + "\n".join((output.seen + rest)[-40:]))


def check_echo(server, echo, environment, folder):
    name = os.path.basename(echo)
    store = os.path.join(folder, f"{name}.store")
    environment = {**environment, "ECHO_PROBE_INTERVAL_MS": "500"}
    process, output = run(server, [echo, server.url, store], environment)
    output.wait("an open connection", lambda line: "connecting → open" in line)
    post = server.post(f"{name}: first")
    output.wait("the post", lambda line: line.startswith("delivered") and "first" in line)
    output.wait("its echo", lambda line: line.startswith("answered"))

    server.cycle_account()
    second = server.post(f"{name}: while deaf")
    output.wait("the verdict about a deaf connection", lambda line: "→ stale" in line)
    output.wait("the post of meanwhile", lambda line: "(caught up)" in line and "while deaf" in line)
    output.wait("its echo", lambda line: line.startswith("answered"))
    process.send_signal(signal.SIGINT)
    last = output.wait("a proper end", lambda line: "ticks" in line)
    ends_well(process, output, name)
    if " 0 ticks" in last:
        raise SystemExit("c-abi: the host's own timer never ran")

    # What comes while nothing runs is answered by the next process, and nothing twice.
    third = server.post(f"{name}: while away")
    process, output = run(server, [echo, server.url, store], environment)
    output.wait("the post of meanwhile", lambda line: "(caught up)" in line and "while away" in line)
    output.wait("its echo", lambda line: line.startswith("answered"))
    process.send_signal(signal.SIGINT)
    ends_well(process, output, name)
    for asked in (post, second, third):
        answers = [found for found in server.posts() if found["root_id"] == asked["id"]]
        if [found["message"] for found in answers] != [asked["message"]]:
            raise SystemExit(f"c-abi: {len(answers)} answers to one post: {asked['message']}")
    print(f"c-abi: {name}: 3 posts, 3 echoes: live, after deafness, after a new start; {last}")


def check_listen(server, prefix, script):
    arguments = [sys.executable, script, server.url, "--library", f"{prefix}/lib/libholdfast.so.0"]
    process, output = run(server, arguments + ["--probe-interval-ms", "500"])
    output.wait("an open connection", lambda line: "connecting → open" in line)
    server.post("listen: first")
    output.wait("the post", lambda line: '"listen: first"' in line and '"live"' in line)
    server.cycle_account()
    server.post("listen: while deaf")
    output.wait("the post of meanwhile", lambda line: '"listen: while deaf"' in line and '"caught up"' in line)
    process.send_signal(signal.SIGINT)
    ends_well(process, output, "listen.py")
    print("c-abi: listen.py: 2 posts, live and after deafness")


def main():
    command, prefix, misuse, script, *echoes = sys.argv[1:]
    server = Server(command)
    try:
        environment = {"LD_LIBRARY_PATH": f"{prefix}/lib"}
        with tempfile.TemporaryDirectory() as folder:
            for echo in echoes:
                check_echo(server, echo, environment, folder)
        check_listen(server, prefix, script)
        process, output = run(server, [misuse, server.url, server.fixture["channel_id"]], environment)
        print(output.wait("the end of misuse", lambda line: line.startswith("misuse: ")))
        ends_well(process, output, "misuse")
    finally:
        for process in RUNNING:
            if process.poll() is None:
                process.kill()
        server.process.send_signal(signal.SIGINT)
        server.process.wait(timeout=PATIENCE)


if __name__ == "__main__":
    main()
