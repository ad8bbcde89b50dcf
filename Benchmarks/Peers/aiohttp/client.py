"""aiohttp's WebSocket client with orjson."""

import time

import aiohttp
import orjson

import peer

MESSAGE = (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY)


class Client:
    errors = (aiohttp.ClientError,)

    def __init__(self, options):
        self.options = options

    async def __aenter__(self):
        # No limit on connections (the default is 100).
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), headers=self.options.headers)
        return self

    async def __aexit__(self, *_):
        await self.session.close()

    async def dial(self):
        # decode_text=False: orjson reads bytes, so nothing is decoded twice.
        return await self.session.ws_connect(
            self.options.url, compress=0, max_msg_size=16 << 20, decode_text=False)

    async def open(self):
        socket = await self.dial()
        try:
            peer.check_hello(await socket.receive_str())
            await self.send(socket, peer.ping(1))
            peer.check_reply(orjson.loads(await socket.receive_str()))
        except TypeError as problem:  # aiohttp's answer to receiving something else, such as the end
            await socket.close()
            raise EOFError(str(problem)) from problem
        return socket

    async def close(self, socket):
        await socket.close()

    async def send(self, socket, text):
        await socket.send_frame(text, aiohttp.WSMsgType.TEXT)

    async def read(self, socket, reply):
        async for message in socket:
            if message.type in MESSAGE:
                envelope = orjson.loads(message.data)
                if "seq_reply" in envelope:
                    reply(envelope)

    async def ingest(self, count, account):
        socket = await self.open()
        last, gaps, start, cpu = 0, 0, None, None
        async for message in socket:
            if message.type not in MESSAGE:
                break
            if start is None:
                received, used = time.monotonic(), peer.cpu_seconds()
            envelope = orjson.loads(message.data)
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
            if account.events == count:
                break
        if account.events < count:
            raise peer.Failure(f"the connection ended after {account.events} of {count} events")
        wall, cpu = time.monotonic() - start, peer.cpu_seconds() - cpu
        await socket.close()
        return {
            "events": account.events, "wall_s": round(wall, 6), "cpu_s": round(cpu, 6),
            "checksum": account.checksum, "checksum_unit": "bytes", "seq_gaps": gaps}


if __name__ == "__main__":
    peer.main("aiohttp", "aiohttp", Client)
