"""What the two Python clients share: the command line, the accounts, and the modes around a library's connection.

Everything that runs once per message stands in the client itself, written the way its library wants it.
"""

import argparse
import asyncio
import collections
import os
import platform
import resource
import sys
import time
from importlib import metadata

import orjson

try:
    import uvloop
except ImportError:
    uvloop = None

SILENCE = 60  # seconds in which nothing at all happens before a client gives up
INTERVAL = 30  # seconds between two pings of one connection


class Failure(Exception):
    """Not all that was asked for arrived."""


class Account:
    """Sums up the posts: the handler that an application would put its own in place of."""

    def __init__(self):
        self.events = 0
        self.checksum = 0

    def posted(self, post_id, channel_id, user_id, message):
        self.events += 1
        self.checksum += len(message.encode())


class Progress:
    """Counts whatever happens, so that silence can be noticed."""

    def __init__(self):
        self.count = 0

    async def give_up_in_silence(self, other=lambda: 0):
        seen, since = -1, time.monotonic()
        while True:
            now = self.count + other()
            if now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > SILENCE:
                raise Failure(f"nothing happened for {SILENCE} s")
            await asyncio.sleep(5)


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def ping(seq):
    return b'{"seq":%d,"action":"ping"}' % seq


def check_hello(raw):
    if orjson.loads(raw).get("event") != "hello":
        raise Failure(f"expected hello, got {raw!r}")


def check_reply(reply):
    if reply.get("status") != "OK":
        raise Failure(f"a ping was answered by {reply}")


async def first_to_fail(work, *guards):
    """Runs work to its end, unless a guard fails before."""
    tasks = [asyncio.ensure_future(each) for each in (work, *guards)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return tasks[0].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ingest(client, count):
    account, progress = Account(), Progress()
    return await first_to_fail(
        client.ingest(count, account), progress.give_up_in_silence(lambda: account.events))


class Fleet:
    """Many connections of one client.

    client.open() returns a connection that has been greeted and has had one ping answered. client.send(connection,
    text) sends. client.read(connection, reply) hands each reply to a ping to `reply` and returns when the connection
    has ended.
    """

    def __init__(self, client, count):
        self.client = client
        self.connections = [None] * count
        self.progress = Progress()
        self.lost = collections.deque()
        self.ended = asyncio.Event()
        self.answered = 0
        self.sent = 0
        self.readers = set()
        self.failure = None

    def reply(self, reply):
        check_reply(reply)
        self.answered += 1
        self.progress.count += 1

    async def read(self, index):
        await self.client.read(self.connections[index], self.reply)
        self.progress.count += 1
        self.connections[index] = None
        self.lost.append(index)
        self.ended.set()

    async def open(self, index, gate, again=False):
        async with gate:
            while True:
                try:
                    self.connections[index] = await self.client.open()
                    break
                except (OSError, EOFError, *self.client.errors):
                    if not again:
                        raise
                    await asyncio.sleep(0.02)
        self.progress.count += 1
        reader = asyncio.create_task(self.read(index))
        self.readers.add(reader)
        reader.add_done_callback(self.reader_ended)

    def reader_ended(self, reader):
        self.readers.discard(reader)
        if not reader.cancelled() and reader.exception() is not None:
            self.failure = reader.exception()
            self.ended.set()

    def check(self):
        if self.failure is not None:
            raise self.failure

    async def open_all(self):
        gate = asyncio.Semaphore(64)
        await asyncio.gather(*(self.open(index, gate) for index in range(len(self.connections))))

    async def ping_in_turn(self, start, end):
        """One connection after the other, so that each is asked every 30 s and the load is even."""
        step = INTERVAL / len(self.connections)
        seq, index, due = 2, 0, start
        while due < end:
            now = time.monotonic()
            if now < due:
                await asyncio.sleep(due - now)
            connection = self.connections[index]
            if connection is None:
                raise Failure("a connection was lost")
            await self.client.send(connection, ping(seq))
            self.sent += 1
            index += 1
            due += step
            if index == len(self.connections):
                index, seq = 0, seq + 1
        await asyncio.sleep(max(0, end - time.monotonic()))

    async def until_lost(self):
        await self.ended.wait()
        self.check()
        raise Failure(f"{len(self.lost)} connections were lost")

    async def hold(self, seconds):
        start = time.monotonic()
        await first_to_fail(self.ping_in_turn(start, start + seconds), self.until_lost())

    async def idle(self, hold):
        await self.client.close(await self.client.open())
        before = resident_bytes()
        start = time.monotonic()
        await self.open_all()
        connect = time.monotonic() - start
        print(f"{len(self.connections)} connections in {connect:.2f} s, holding {hold:g} s", file=sys.stderr)
        cpu = cpu_seconds()
        await self.hold(hold)
        cpu = cpu_seconds() - cpu
        answered, after = self.answered, resident_bytes()
        await self.late_answers()
        return {
            "conns": len(self.connections), "rss_before": before, "rss_after": after, "cpu_hold_s": round(cpu, 6),
            "pings": answered, "hold_s": hold, "connect_s": round(connect, 6)}

    async def late_answers(self):
        for _ in range(50):
            self.check()
            if self.answered == self.sent:
                return
            await asyncio.sleep(0.1)
        raise Failure(f"{self.sent - self.answered} of {self.sent} pings were not answered")

    async def storm(self):
        await self.open_all()
        print("ready", file=sys.stderr, flush=True)
        await self.ended.wait()
        start, cpu = time.monotonic(), cpu_seconds()
        gate = asyncio.Semaphore(256)
        reopened = {}
        while len(reopened) < len(self.connections):
            await self.ended.wait()
            self.check()
            self.ended.clear()
            while self.lost:
                index = self.lost.popleft()
                if index in reopened:
                    raise Failure("a connection was lost again")
                reopened[index] = asyncio.create_task(self.open(index, gate, again=True))
        await asyncio.gather(*reopened.values())
        wall, cpu = time.monotonic() - start, cpu_seconds() - cpu
        self.check()
        if self.lost:
            raise Failure(f"{len(self.lost)} connections were lost again")
        return {"conns": len(self.connections), "wall_s": round(wall, 6), "cpu_s": round(cpu, 6)}


async def run(make_client, options):
    async with make_client(options) as client:
        if options.mode == "ingest":
            return await ingest(client, options.count)
        fleet = Fleet(client, options.count)
        work = fleet.idle(options.hold) if options.mode == "idle" else fleet.storm()
        return await first_to_fail(work, fleet.progress.give_up_in_silence())


def versions(library):
    loop = f"uvloop {uvloop.__version__}" if uvloop else "asyncio's own loop"
    return (f"{library} {metadata.version(library)}, orjson {orjson.__version__}, {loop}, "
            f"Python {platform.python_version()}")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(64, f"{self.prog}: {message}; see --help\n")


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def seconds(text):
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def parse(name, library):
    parser = Parser(prog=f"{name}/run", description=f"A client of Mattermost's WebSocket in Python, with {library}.")
    parser.add_argument("--version", action="version", version=f"{name}: {versions(library)}")
    parser.add_argument("mode", choices=("ingest", "idle", "storm"))
    parser.add_argument("--server", required=True, metavar="URL", help="http://HOST:PORT")
    parser.add_argument("--count", required=True, type=positive, help="events (ingest) or connections (idle, storm)")
    parser.add_argument("--hold", type=seconds, default=10, metavar="S", help="seconds to hold, idle only (10)")
    options = parser.parse_args()
    if not options.server.startswith("http://"):
        parser.error("--server must be http://HOST:PORT")
    options.url = "ws://" + options.server.removeprefix("http://").rstrip("/") + "/api/v4/websocket"
    options.headers = {"Authorization": "Bearer " + os.environ.get("HOLDFAST_TOKEN", "bench")}
    return options


def main(name, library, make_client):
    """make_client(options) is an asynchronous context whose value is the client; see Fleet and ingest."""
    options = parse(name, library)
    try:
        result = (uvloop or asyncio).run(run(make_client, options))
    except (Failure, OSError, EOFError, *make_client.errors) as problem:
        sys.exit(f"{name}: {problem or type(problem).__name__}")
    line = {"client": name, "version": versions(library), "mode": options.mode, **result}
    print(orjson.dumps(line).decode())
