"""The websockets package's asyncio client with orjson."""

import time

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

import peer


class Client:
    errors = (WebSocketException,)

    def __init__(self, options):
        self.options = options

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def dial(self):
        # No keepalive of its own: the ping action proves more. A longer queue than the default was measured: no gain.
        return await connect(
            self.options.url, additional_headers=self.options.headers, compression=None, proxy=None,
            ping_interval=None, max_size=16 << 20)

    async def open(self):
        socket = await self.dial()
        # decode=False: orjson reads bytes, so nothing is decoded twice.
        peer.check_hello(await socket.recv(decode=False))
        await self.send(socket, peer.ping(1))
        peer.check_reply(orjson.loads(await socket.recv(decode=False)))
        return socket

    async def close(self, socket):
        await socket.close()

    async def send(self, socket, text):
        await socket.send(text, text=True)

    async def read(self, socket, reply):
        try:
            while True:
                envelope = orjson.loads(await socket.recv(decode=False))
                if "seq_reply" in envelope:
                    reply(envelope)
        except ConnectionClosed:
            pass

    async def ingest(self, count, account):
        socket = await self.open()
        last, gaps, start, cpu = 0, 0, None, None
        try:
            while account.events < count:
                data = await socket.recv(decode=False)
                if start is None:
                    received, used = time.monotonic(), peer.cpu_seconds()
                envelope = orjson.loads(data)
                seq = envelope.get("seq")
                if seq is None:
                    continue
                if seq != last + 1:
                    gaps += 1
                last = seq
                if envelope["event"] != "posted":
                    continue
                if start is None:
                    start, cpu = received, used
                post = orjson.loads(envelope["data"]["post"])
                account.posted(post["id"], post["channel_id"], post["user_id"], post["message"])
        except ConnectionClosed as problem:
            raise peer.Failure(f"the connection ended after {account.events} of {count} events") from problem
        wall, cpu = time.monotonic() - start, peer.cpu_seconds() - cpu
        await socket.close()
        return {
            "events": account.events, "wall_s": round(wall, 6), "cpu_s": round(cpu, 6),
            "checksum": account.checksum, "checksum_unit": "bytes", "seq_gaps": gaps}


if __name__ == "__main__":
    peer.main("websockets", "websockets", Client)
