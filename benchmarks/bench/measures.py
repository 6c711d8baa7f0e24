"""What is measured, and how one round of it goes."""

import json
import subprocess
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One question put to every proxy.

    name: for --only. title: for the table. unit: of the value. better: "less" or "more".
    arguments: of the load generator, where {s} is the seconds, {w} the warm-up and {rate} half of the proxy's own saturation.
    value: of what a round gave.
    """

    name: str
    title: str
    unit: str
    better: str
    arguments: str
    value: object
    needs: str = ""  # another measure, which gives the saturation
    once: bool = False  # for it must be the first thing that a process does
    tls: bool = False  # through the proxy's port with TLS
    asked: bool = False  # only of the proxies that name it


def _cpu_per_operation(result):
    return 1e6 * result["cpu_seconds"] / result["count"]


def _per_second(result):
    return result["per_second"]


MEASURES = [
    Measure(
        "idle",
        "an idle WebSocket: resident memory",
        "KB",
        "less",
        "idle {port} / {idle} 2",
        lambda result: result["grown_bytes"] / 1000 / result["open"],
        once=True,
    ),
    # What of it is the JVM's heap after a collection, which does not depend on how much of the heap was touched before: soak.py reads it.
    Measure("idle-heap", "an idle WebSocket: Java heap after a collection", "KB", "less", "idle {port} / {idle} 9", None, asked=True),
    Measure("echo", "128-byte echo, 100 connections: CPU", "µs", "less", "echo {port} / 100 128 {s} {w}", _cpu_per_operation),
    Measure("echo-1000", "128-byte echo, 1,000 connections: echoes", "/s", "more", "echo {port} / 1000 128 {s} {w}", _per_second),
    Measure(
        "64k",
        "64 KiB echo, 20 connections: payload for a CPU second",
        "MB",
        "more",
        "echo {port} / 20 65536 {s} {w}",
        lambda result: 65536e-6 * result["count"] / result["cpu_seconds"],
    ),
    Measure("shake", "handshakes, 50 at a time", "/s", "more", "shake {port} / 50 {s} {w}", _per_second),
    Measure(
        "p99",
        "128-byte echo at half of the own saturation: 99th percentile",
        "ms",
        "less",
        "echo {port} / 100 128 {s} {w} {rate}",
        lambda result: result["p99_ms"],
        needs="echo",
    ),
    Measure("http", "HTTP, small response, 50 kept connections: CPU", "µs", "less", "http {port} / 50 {s} {w}", _cpu_per_operation),
    Measure(
        "echo-tls",
        "128-byte echo, 100 connections, TLS 1.3 in front: CPU",
        "µs",
        "less",
        "echo {port} / 100 128 {s} {w}",
        _cpu_per_operation,
        tls=True,
        asked=True,
    ),
    # Rounds there are none: soak.py.
    Measure("soak", "soak: 2,000 connections, 1 B to 64 KiB, opened and closed", "", "less", "", None, asked=True),
]


class Failed(Exception):
    """A round that gave no valid number."""


@dataclass(frozen=True)
class Generator:
    """The load generator. certificate: of the proxies' ports with TLS, or None where there are none."""

    program: str
    certificate: str = None

    def command(self, proxy, arguments, tls=False):
        """The command line; "arguments" names its mode and then has {port}."""
        arguments = arguments.replace("{port}", str(proxy.tls_port if tls else proxy.port)).split()
        return [self.program, *(["--tls", self.certificate] if tls else []), *arguments]


def wrong(result):
    """What was wrong in a round, in words, or ""."""
    return ", ".join("%d %s" % (result[k], k) for k in ("refused", "wrong", "lost", "broken") if result[k])


def run_round(measure, generator, proxy, seconds, warmup, idle, rate):
    """One round: what the load generator printed, with the CPU time of the proxy in the measured time, and its growth."""
    arguments = measure.arguments.format(port="{port}", s=seconds, w=warmup, idle=idle, rate=rate)
    command = generator.command(proxy, arguments, measure.tls)
    limit = seconds + warmup + 80
    before, cpu, grown = proxy.running.resident_bytes(), {}, 0
    load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = ""
        for line in load.stdout:
            word = line.strip()
            if word in ("begin", "end"):
                cpu[word] = proxy.running.cpu_seconds()
            if word == "end":
                grown = proxy.running.resident_bytes() - before
        status = load.wait(timeout=limit)
        if status not in (0, 1):
            raise Failed("load generator: " + load.stderr.read().strip())
        result = json.loads(line)
    finally:
        if load.poll() is None:
            load.kill()
            load.wait()
    result["cpu_seconds"] = cpu["end"] - cpu["begin"]
    result["grown_bytes"] = grown
    if wrong(result):
        raise Failed(wrong(result))
    if proxy.running.ended():
        raise Failed("the proxy ended")
    if measure.name != "idle" and not (result["count"] and result["cpu_seconds"]):
        raise Failed("nothing came through")
    return result


def is_tunnelled(measure, generator, proxy):
    """Whether the backend's pings come through the proxy: a tunnel passes them, a relay answers them itself."""
    command = generator.command(proxy, "echo {port} /pieces 1 1000 0.2 0", measure.tls)
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return done.returncode == 0 and json.loads(done.stdout.splitlines()[-1])["pings"] > 0


def settle(seconds=0.3):
    """Lets the last round's connections be closed."""
    time.sleep(seconds)
