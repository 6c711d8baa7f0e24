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
    Measure("echo", "128-byte echo, 100 connections: CPU", "µs", "less", "echo {port} / 100 128 {s} {w}", _cpu_per_operation),
    Measure("echo-1000", "128-byte echo, 1,000 connections: echoes", "/s", "more", "echo {port} / 1000 128 {s} {w}", _per_second),
    Measure(
        "64k",
        "64 KiB echo, 20 connections: payload, one way, for a CPU second",
        "MB",
        "more",
        "echo {port} / 20 65536 {s} {w}",
        lambda result: 65536e-6 * result["count"] / result["cpu_seconds"],
    ),
    Measure("shake", "handshakes, 50 at a time", "/s", "more", "shake {port} / 50 {s} {w}", _per_second),
    Measure(
        "p99",
        "128-byte echo, 100 connections at half of the own saturation: 99th percentile",
        "ms",
        "less",
        "echo {port} / 100 128 {s} {w} {rate}",
        lambda result: result["p99_ms"],
        needs="echo",
    ),
    Measure("http", "HTTP, small response, 50 kept connections: CPU", "µs", "less", "http {port} / 50 {s} {w}", _cpu_per_operation),
]


class Failed(Exception):
    """A round that gave no valid number."""


def run_round(measure, generator, proxy, seconds, warmup, idle, rate):
    """One round: what the load generator printed, with the CPU time of the proxy in the measured time, and its growth."""
    arguments = measure.arguments.format(port=proxy.port, s=seconds, w=warmup, idle=idle, rate=rate).split()
    limit = seconds + warmup + 80
    before, cpu, grown = proxy.running.resident_bytes(), {}, 0
    load = subprocess.Popen([generator, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
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
    wrong = ", ".join("%d %s" % (result[k], k) for k in ("refused", "wrong", "lost", "broken") if result[k])
    if wrong:
        raise Failed(wrong)
    if proxy.running.ended():
        raise Failed("the proxy ended")
    if measure.name != "idle" and not (result["count"] and result["cpu_seconds"]):
        raise Failed("nothing came through")
    return result


def settle(seconds=0.3):
    """Lets the last round's connections be closed."""
    time.sleep(seconds)
