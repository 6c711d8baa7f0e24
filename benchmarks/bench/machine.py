"""Processes: started, measured and ended by their ids; and what the machine is."""

import ctypes
import os
import platform
import re
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def free_port():
    """A port of the loopback that nobody uses now. It is below the ephemeral ones, so that no outgoing connection takes it."""
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(1000):
        port = 10000 + int.from_bytes(os.urandom(4), "big") % (low - 10000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port between 10000 and %d" % low)


def _before_exec():
    # It ends with us, however we end; and it does not see the terminal's Ctrl-C, so that we end all in order.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Running:
    """A process of ours with all that it started."""

    def __init__(self, command, folder, environment=None, log="log"):
        self.command = command
        self.log = Path(folder) / log
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                preexec_fn=_before_exec,
            )

    @property
    def pid(self):
        return self.process.pid

    def ended(self):
        return self.process.poll() is not None

    def tail(self):
        return self.log.read_text(errors="replace")[-1500:].strip()

    def cpu_seconds(self):
        """User and system time of the process tree since it began."""
        return sum(int(stat[11]) + int(stat[12]) for stat in self._stats()) / TICK

    def resident_bytes(self):
        return sum(int(stat[21]) for stat in self._stats()) * PAGE

    def _stats(self):
        return [stat for stat in map(_stat, tree(self.pid)) if stat]

    def stop(self):
        """TERM to the process, then KILL to what is left of its tree."""
        pids = tree(self.pid)
        _signal(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and not (self.ended() and not any(map(_stat, pids[1:]))):
            time.sleep(0.05)
        for pid in pids:
            if pid != self.pid or not self.ended():
                _signal(pid, signal.SIGKILL)
        self.process.wait()


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _stat(pid):
    """The fields of /proc/PID/stat behind the name, from the state on; None when the process is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields


def tree(root):
    """The process and its descendants, parents first."""
    children = {}
    for entry in os.listdir("/proc"):
        stat = _stat(entry) if entry.isdigit() else None
        if stat:
            children.setdefault(int(stat[1]), []).append(int(entry))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def first_line(command, pattern=r"(.+)"):
    """What of a command's output the pattern's group matches, or "?"."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "?"
    match = re.search(pattern, done.stdout + done.stderr)
    return match.group(1).strip() if match else "?"


def describe():
    """One line about the machine."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text()).group(1)) / 1e6
    return "%d cores of %s, %.0f GB, Linux %s" % (
        os.cpu_count(),
        model.group(1) if model else platform.machine(),
        memory,
        platform.release(),
    )


def load_average():
    return os.getloadavg()[0]
