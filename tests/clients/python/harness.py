"""What the clients' scripts share: steps with a deadline, what is expected, and rows read without any client."""

import contextlib
import json
import os
import signal
import sys
import time
import urllib.request

# Rao in one TAO.
TAO = 10**9
# Hashes of the names, as they begin the storage keys.
PALLET = "658faa385070e074c85bf6b568cf0555"  # SubtensorModule
MAPS = {"Weights": "a1e7036061f484bc3048a64b64e35ec4", "Bonds": "5641285262b8f970e4cbaafbff8d6ab0"}


def fail(reason):
    """Ends the script at once: clients catch exceptions and try again, and event loops wait for their tasks."""
    print(f"FAILED: {reason}", flush=True)
    os._exit(1)


def _only_here(event, arguments):
    """Nothing of a test may reach another machine, whatever endpoints a client knows."""
    if event == "socket.connect" and not str(arguments[1][0]).startswith(("127.", "/", "::1")):
        fail(f"it connects to {arguments[1]}")
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "localhost", "127.0.0.1"):
        fail(f"it looks up {arguments[0]}")


sys.addaudithook(_only_here)


@contextlib.contextmanager
def step(what, within=20):
    """One operation of a client. It ends in time, or the script does."""
    signal.signal(signal.SIGALRM, lambda *_: fail(f"{what}: no end after {within} s"))
    signal.alarm(within)
    begun = time.monotonic()
    yield
    signal.alarm(0)
    print(f"{time.monotonic() - begun:7.2f} s  {what}", flush=True)


def expect(what, actual, expected):
    if actual != expected:
        fail(f"{what}: expected {expected!r}, got {actual!r}")


def expect_name(what, told, name):
    """`told`, a client's words for a failure, have the chain's name for it."""
    if name not in str(told):
        fail(f"{what}: expected an error that names {name}, got {told!r}")
    print(f"           {name}: {told}", flush=True)


def _ask(endpoint, method, *params):
    body = json.dumps({"id": 1, "jsonrpc": "2.0", "method": method, "params": params}).encode()
    request = urllib.request.Request(endpoint.replace("ws://", "http://"), body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["result"]


def _pairs(data):
    """A SCALE vector of pairs of u16, of fewer than 16384 entries."""
    start = 1 if data[0] & 3 == 0 else 2
    length = int.from_bytes(data[:start], "little") >> 2
    numbers = [int.from_bytes(data[at : at + 2], "little") for at in range(start, start + 4 * length, 2)]
    return list(zip(numbers[::2], numbers[1::2]))


def rows(endpoint, item, netuid, block):
    """The rows of `Weights` or `Bonds` at a block as the chain stores them: a list of entries by uid."""
    at = _ask(endpoint, "chain_getBlockHash", block)
    prefix = "0x" + PALLET + MAPS[item] + netuid.to_bytes(2, "little").hex()
    keys = _ask(endpoint, "state_getKeysPaged", prefix, 1000, None, at)
    value = lambda key: bytes.fromhex(_ask(endpoint, "state_getStorage", key, at)[2:])
    uid = lambda key: int.from_bytes(bytes.fromhex(key[-4:]), "little")
    return {uid(key): _pairs(value(key)) for key in sorted(keys, key=uid)}
