"""Byte strings of Python 2 in Python 3, for the converted test suite; `convert.py` lays this file in it.

The suite was written when a text literal was bytes. Here such a string is a text of the code points 0 to 255 wherever
the suite's own code handles it, and becomes bytes, one for each, where it meets the library that puts it on the wire.
"""

import binascii

from autobahn.websocket import utf8validator


def to_bytes(string):
    return string.encode("latin-1") if isinstance(string, str) else bytes(string)


def to_string(octets):
    return octets if isinstance(octets, str) else bytes(octets).decode("latin-1")


def b2a_hex(string):
    return binascii.b2a_hex(to_bytes(string)).decode("ascii")


def binLogData(string, maxlen=64):
    return b2a_hex(string[: maxlen - 4]) + " ..." if len(string) > maxlen - 4 else b2a_hex(string)


def asciiLogData(string, maxlen=64, replace=False):
    octets = to_bytes(string[: maxlen - 4]) + b" ..." if len(string) > maxlen - 4 else to_bytes(string)
    try:
        return octets.decode("utf-8", errors="replace" if replace else "strict")
    except UnicodeDecodeError:
        return "0x" + binLogData(string, maxlen)


class Utf8Validator(utf8validator.Utf8Validator):
    def validate(self, string):
        return super().validate(to_bytes(string))


class Wire:
    """What stands between the suite's protocol classes and the library's."""

    def sendFrame(self, opcode, payload=b"", fin=True, rsv=0, mask=None, payload_len=None, chopsize=None, sync=False):
        payload = to_bytes(payload)
        if payload_len is not None:
            # The library's own repetition divides as Python 2 does.
            whole, rest = divmod(payload_len, len(payload))
            payload = payload * whole + payload[:rest]
        return super().sendFrame(opcode, payload, fin, rsv, mask, None, chopsize, sync)

    def sendMessage(self, payload, *rest, **named):
        return super().sendMessage(to_bytes(payload), *rest, **named)

    def sendMessageFrameData(self, payload, *rest, **named):
        return super().sendMessageFrameData(to_bytes(payload), *rest, **named)

    def sendCloseFrame(self, code=None, reasonUtf8=None, *rest, **named):
        reason = None if reasonUtf8 is None else to_bytes(reasonUtf8)
        return super().sendCloseFrame(code, reason, *rest, **named)

    def _onMessage(self, payload, isBinary):
        return super()._onMessage(to_string(payload), isBinary)

    def _onPong(self, payload):
        return super()._onPong(to_string(payload))
