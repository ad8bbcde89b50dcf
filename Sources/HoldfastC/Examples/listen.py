#!/usr/bin/env python3
"""Prints what an account is sent, one JSON object a line: Holdfast from Python, by ctypes alone, pulling.

    HOLDFAST_TOKEN=… listen.py https://chat.example.com [--store FILE] [--library PATH] [--count N]

The engine has a thread of its own. Ctrl-C ends it.
"""

import argparse
import ctypes
import ctypes.util
import json
import os
import sys
from ctypes import (
    CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p, sizeof,
)

OK, END, TIMEOUT = 0, 1, 2
KINDS = ["other", "posted", "edited", "deleted", "reaction added", "reaction removed"]
SOURCES = ["live", "resumed", "caught up"]


class Text(Structure):
    _fields_ = [("bytes", c_void_p), ("length", c_size_t)]

    def __str__(self):
        return ctypes.string_at(self.bytes, self.length).decode("utf-8", "replace")


class DeliveryInfo(Structure):
    _fields_ = [
        ("size", c_size_t), ("number", c_int64), ("kind", c_int32), ("source", c_int32), ("is_repeated", c_int32),
        ("is_from_bot", c_int32), ("created_at", c_int64), ("event", Text), ("json", Text), ("reason", Text),
        ("channel_id", Text), ("post_id", Text), ("root_id", Text), ("user_id", Text), ("sender_name", Text),
        ("message", Text), ("post_type", Text), ("emoji_name", Text),
    ]


class Observation(Structure):
    _fields_ = [
        ("size", c_size_t), ("kind", c_int32), ("from_state", c_int32), ("to_state", c_int32), ("verdict", c_int32),
        ("level", c_int32), ("attempt", c_uint32), ("at", c_int64), ("id", Text), ("text", Text), ("json", Text),
    ]


OnObservation = CFUNCTYPE(None, c_uint64, POINTER(Observation), c_void_p)


class Options(Structure):
    _fields_ = [
        ("size", c_size_t), ("server", c_char_p), ("token", c_char_p), ("store_path", c_char_p), ("mailbox", c_char_p),
        ("ca_file", c_char_p), ("proxy", c_char_p), ("probe_interval_ms", c_uint32), ("connect_timeout_ms", c_uint32),
        ("maximum_waiting", c_uint32), ("reserved", c_uint32), ("seed", c_uint64), ("on_delivery", c_void_p),
        ("on_observation", OnObservation), ("on_stopped", c_void_p), ("user_data", c_void_p),
    ]


class Holdfast:
    """The library, whose errors are exceptions."""

    ARGUMENTS = {
        "engine_start": [POINTER(c_uint64)], "engine_close": [c_uint64, c_uint32],
        "options_init": [POINTER(Options), c_size_t],
        "connection_open": [c_uint64, POINTER(Options), POINTER(c_uint64)], "connection_start": [c_uint64],
        "connection_stop": [c_uint64, c_uint32], "connection_close": [c_uint64],
        "next": [c_uint64, c_uint32, POINTER(c_uint64)], "delivery_read": [c_uint64, POINTER(DeliveryInfo)],
        "delivery_free": [c_uint64], "acknowledge": [c_uint64, c_int64],
    }

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.holdfast_status_text.restype = c_char_p
        for name, arguments in self.ARGUMENTS.items():
            getattr(self.library, f"holdfast_{name}").argtypes = arguments

    def __getattr__(self, name):
        function = getattr(self.library, f"holdfast_{name}")

        def call(*arguments):
            status = function(*arguments)
            if status < 0:
                text = ctypes.create_string_buffer(512)
                self.library.holdfast_last_error(text, c_size_t(len(text)))
                raise RuntimeError(text.value.decode() or self.library.holdfast_status_text(status).decode())
            return status

        return call


def observed(_connection, observation, _user_data):
    # On the engine's thread; ctypes takes the interpreter's lock.
    print(observation.contents.text, file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("server")
    parser.add_argument("--store", help="keep deliveries in this file until they are acknowledged")
    parser.add_argument("--library", help="where libholdfast is, if not where the system looks")
    parser.add_argument("--count", type=int, default=0, help="end after so many deliveries")
    parser.add_argument("--probe-interval-ms", type=int, default=0, help="how often to prove that events arrive")
    given = parser.parse_args()
    token = os.environ.get("HOLDFAST_TOKEN")
    if not token:
        parser.error("set HOLDFAST_TOKEN to the account's access token")

    holdfast = Holdfast(given.library or ctypes.util.find_library("holdfast") or "libholdfast.so.0")
    engine, connection, delivery = c_uint64(), c_uint64(), c_uint64()
    options = Options()
    holdfast.options_init(byref(options), sizeof(options))
    options.server = given.server.encode()
    options.token = token.encode()
    options.store_path = given.store.encode() if given.store else None
    options.probe_interval_ms = given.probe_interval_ms
    on_observation = OnObservation(observed)  # Kept: the library holds only a pointer to it.
    options.on_observation = on_observation

    holdfast.engine_start(byref(engine))
    try:
        holdfast.connection_open(engine, byref(options), byref(connection))
        holdfast.connection_start(connection)
        taken = 0
        while given.count == 0 or taken < given.count:
            # Not for ever: Python notices Ctrl-C between two calls.
            status = holdfast.next(connection, 200, byref(delivery))
            if status == END:
                break
            if status == TIMEOUT:
                continue
            info = DeliveryInfo(size=sizeof(DeliveryInfo))
            holdfast.delivery_read(delivery, byref(info))
            line = {
                "number": info.number, "kind": KINDS[info.kind], "source": SOURCES[info.source],
                "user_id": str(info.user_id), "post_id": str(info.post_id), "message": str(info.message),
            }
            print(json.dumps(line), flush=True)
            holdfast.acknowledge(connection, info.number)
            holdfast.delivery_free(delivery)
            taken += 1
    except KeyboardInterrupt:
        pass
    finally:
        holdfast.engine_close(engine, 2000)


if __name__ == "__main__":
    main()
