"""What JVMs hold: of an idle connection, and in the soak: many connections, opened and closed all the time, and what grows meanwhile.

The proxies of a soak are started for it alone, because the JVM has to count its native memory for it, and soak at the same time.
"""

import json
import os
import re
import statistics
import subprocess
import time
from dataclasses import dataclass

from machine import tree
from measures import Failed, wrong

CONNECTIONS = 2000
# Messages a second for a proxy: about 50 connections a second are opened and closed.
RATE = 1000
JAVA_OPTIONS = "-XX:NativeMemoryTracking=summary"
INTERVAL = 60


@dataclass(frozen=True)
class Sample:
    """What a JVM holds after a full collection. minute: since the soak began; connections: how many the load generator wants open."""

    minute: float
    connections: int
    heap_mb: float
    direct_mb: float
    threads: int
    descriptors: int
    resident_mb: float


# What must not grow, and by how much it varies by itself: a part of it, and at least so much.
FIGURES = {"heap_mb": (0.05, 3.0), "direct_mb": (0.05, 1.0), "threads": (0.02, 3), "descriptors": (0.02, 30)}


def _jvm(proxy):
    for pid in tree(proxy.running.pid):
        with open(f"/proc/{pid}/comm") as name:
            if name.read().strip() == "java":
                return pid
    raise RuntimeError(f"{proxy.title} has no JVM any more")


def sample(proxy, commands, minute, connections):
    """Has the JVM collect its garbage twice, for what waits for its finalization, and reads."""
    pid = _jvm(proxy)
    done = subprocess.run(["jcmd", str(pid), "-f", str(commands)], capture_output=True, text=True, timeout=60)
    heap = re.findall(r"total \d+K, used (\d+)K", done.stdout)
    direct = re.search(r"Other \(reserved=\d+KB, committed=(\d+)KB\)", done.stdout)
    if done.returncode or not heap:
        raise RuntimeError(f"jcmd {pid}: {(done.stderr or done.stdout).strip()[-300:]}")
    with open(f"/proc/{pid}/status") as status:
        text = status.read()
    return Sample(
        minute,
        connections,
        sum(map(int, heap)) / 1024,
        int(direct.group(1)) / 1024 if direct else 0.0,
        int(re.search(r"Threads:\s*(\d+)", text).group(1)),
        len(os.listdir(f"/proc/{pid}/fd")),
        int(re.search(r"VmRSS:\s*(\d+)", text).group(1)) / 1024,
    )


def write_commands(folder):
    """What jcmd is to ask."""
    path = folder / "jcmd"
    path.write_text("GC.run\nGC.run\nGC.heap_info\nVM.native_memory summary\n")
    return path


def idle_heap(measure, generator, proxy, folder, connections):
    """KB of the heap for an idle connection."""
    commands = write_commands(folder)
    before = sample(proxy, commands, 0, 0).heap_mb
    command = generator.command(proxy, measure.arguments.format(port="{port}", idle=connections))
    load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        while (word := load.stdout.readline().strip()) not in ("open", ""):
            pass
        held = sample(proxy, commands, 0, connections).heap_mb
        still_open = load.poll() is None
        out, errors = load.communicate(timeout=60)
        result = json.loads(out.splitlines()[-1]) if load.returncode in (0, 1) else None
    except subprocess.TimeoutExpired as late:
        raise Failed(str(late)) from late
    finally:
        if load.poll() is None:
            load.kill()
            load.wait()
    if not result or wrong(result) or not still_open:
        raise Failed(errors.strip() or (wrong(result) if result else "") or "the collection took longer than the connections were held")
    return (held - before) * 1024 * 1024 / 1000 / result["open"]


class Soak:
    """One soak of all proxies."""

    def __init__(self, generator, proxies, folder, minutes):
        self.generator = generator
        self.proxies = proxies
        self.seconds = minutes * 60
        self.interval = min(INTERVAL, self.seconds / 6)
        self.commands = write_commands(folder)
        self.samples = {proxy.name: [] for proxy in proxies}
        self.faults = {}
        self.opened = {}
        self.whole = False

    def run(self):
        """Warms, soaks, and looks again when all is closed."""
        self._load(max(5, min(30, self.seconds / 10)), None)
        self._look(0, 0)
        began = time.monotonic()
        self._load(self.seconds, began)
        self._look((time.monotonic() - began) / 60, 0)
        self.whole = True

    def _load(self, seconds, began):
        loads = {
            proxy.name: subprocess.Popen(
                self.generator.command(proxy, f"soak {{port}} / {CONNECTIONS} {seconds} {RATE}"),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for proxy in self.proxies
        }
        try:
            if began:
                number = 1
                while number * self.interval <= self.seconds - 2:
                    time.sleep(max(0, began + number * self.interval - time.monotonic()))
                    self._look((time.monotonic() - began) / 60, CONNECTIONS)
                    number += 1
            for name, load in loads.items():
                out, errors = load.communicate(timeout=seconds + 120)
                if load.returncode not in (0, 1):
                    self.faults[name] = "load generator: " + errors.strip()
                    continue
                result = json.loads(out.splitlines()[-1])
                self.opened[name] = result["lives"]
                if wrong(result):
                    self.faults[name] = wrong(result)
        finally:
            for load in loads.values():
                if load.poll() is None:
                    load.kill()
                    load.wait()
        time.sleep(3)  # The ends come through.

    def _look(self, minute, connections):
        for proxy in self.proxies:
            try:
                taken = sample(proxy, self.commands, minute, connections)
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as failure:
                self.faults.setdefault(proxy.name, str(failure))
                continue
            self.samples[proxy.name].append(taken)
            print(
                f"soak, {minute:.1f} minutes, {proxy.title}: heap {taken.heap_mb:.1f} MB, direct {taken.direct_mb:.1f} MB, "
                f"{taken.threads} threads, {taken.descriptors} descriptors",
                flush=True,
            )

    def verdict(self, name):
        """ "no growth", or what grew or failed."""
        if name in self.faults:
            return self.faults[name]
        if not self.whole:
            return "cut short"
        samples = self.samples[name]
        under_way = [s for s in samples if s.connections]
        third = len(under_way) // 3
        if not third:
            return "too short"
        idle = [s for s in samples if not s.connections]
        grown = []
        for figure, (part, least) in FIGURES.items():
            earlier = statistics.median(getattr(s, figure) for s in under_way[third : 2 * third])
            later = statistics.median(getattr(s, figure) for s in under_way[2 * third :])
            before, after = getattr(idle[0], figure), getattr(idle[-1], figure)
            text = figure.replace("_mb", ", MB")
            if later - earlier > max(least, part * earlier):
                grown.append(f"{text}: {earlier:.1f} in the second third, {later:.1f} in the last")
            # Pools keep the threads that a busy moment made, up to their bounds; one that has none grows from third to third.
            if figure != "threads" and after - before > max(least, part * before):
                grown.append(f"{text}: {before:.1f} before and {after:.1f} after with nothing open")
        return "; ".join(grown) or "no growth"
