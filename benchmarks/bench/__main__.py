"""Measures Culvert and its peers side by side, round by round, and writes the results as Markdown, CSV and SVG.

Installs nothing; what is missing is named with the command that gets it, and left out. Everything listens on 127.0.0.1 and
is ended by its process id, also on Ctrl-C. The echo backend, the load generator and the proxies share this machine, so
throughput is the whole machine's; CPU is the proxy's own, user and system, of its whole process tree.
"""

import argparse
import datetime
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine
import report
from measures import MEASURES, Failed, run_round, settle
from proxies import BENCHMARKS, PROXIES

QUICK_PEERS = ["haproxy", "undertow", "vertx", "node", "caddy", "httpd"]
QUICK_MEASURES = ["echo", "64k", "shake", "http"]


def arguments():
    parser = argparse.ArgumentParser(prog="benchmarks/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="nginx, one other peer and the launcher's relay, four measures, in under two minutes")
    parser.add_argument("--only", metavar="NAMES", default="", help="only these proxies and measures, with commas; nginx is always one")
    parser.add_argument("--rounds", type=int, help="rounds of each measure (5; quick: 3)")
    parser.add_argument("--seconds", type=float, help="measured time of a round (4; quick: 1)")
    parser.add_argument("--warmup", type=float, help="seconds of load before the first round of a measure, at least (10; quick: 3; a tenth where there is no JVM)")
    parser.add_argument("--idle", type=int, default=4000, help="idle WebSockets (4000)")
    parser.add_argument("--minutes", type=float, default=90, help="end after so long with what there is (90)")
    parser.add_argument("--list", action="store_true", help="list proxies and measures, and what is missing")
    parser.add_argument("--results", type=Path, default=BENCHMARKS / "results", help="where the results go (benchmarks/results)")
    options = parser.parse_args()
    known = [p.name for p in PROXIES] + [m.name for m in MEASURES]
    options.only = [name for name in options.only.split(",") if name]
    for name in options.only:
        if name not in known:
            parser.error(f'--only: there is no "{name}"; there are {", ".join(known)}')
    defaults = (3, 1.0, 3.0) if options.quick else (5, 4.0, 10.0)
    options.rounds, options.seconds, options.warmup = (
        given if given is not None else default
        for given, default in zip((options.rounds, options.seconds, options.warmup), defaults)
    )
    return options


def choose(options):
    """The measures and the proxies that can run; says what is missing."""
    proxies = [p for p in PROXIES if not any(o.name in options.only for o in PROXIES) or p.name in options.only + ["nginx"]]
    chosen = [m.name for m in MEASURES if m.name in options.only] or (QUICK_MEASURES if options.quick else [m.name for m in MEASURES])
    chosen += [m.needs for m in MEASURES if m.name in chosen and m.needs]
    measures = [m for m in MEASURES if m.name in chosen]
    there = []
    for proxy in proxies:
        missing = proxy.missing()
        if missing:
            print(f"without {proxy.title}: {missing}", flush=True)
        elif proxy.only is None or any(m.name in proxy.only for m in measures):
            there.append(proxy)
    if options.quick and not any(p.name in options.only for p in PROXIES):
        peer = next((p.name for name in QUICK_PEERS for p in there if p.name == name), None)
        there = [p for p in there if p.name in ("nginx", "relay", peer)]
    return measures, there


def build():
    """The echo backend and the load generator."""
    if not shutil.which("gcc"):
        sys.exit("benchmarks/run needs gcc for its load generator: apt-get install gcc libc6-dev")
    folder = BENCHMARKS / "build"
    folder.mkdir(exist_ok=True)
    load = BENCHMARKS / "load"
    for program in ("echo", "load"):
        subprocess.run(["gcc", "-O2", "-o", str(folder / program), str(load / f"{program}.c"), str(load / "wire.c")], check=True)
    return folder


def start_backend(programs, folder):
    backend = machine.Running([str(programs / "echo"), "0"], folder, log="echo")
    deadline = time.monotonic() + 5
    while not backend.tail() and time.monotonic() < deadline and not backend.ended():
        time.sleep(0.02)
    return backend, int(backend.tail())


def answers(proxy):
    """Whether the backend answers through the proxy."""
    try:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=2) as client:
            client.settimeout(5)
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b""
            while piece := client.recv(4096):
                answer += piece
            return b" 200" in answer and answer.endswith(b"ok")
    except OSError:
        return False


def start(proxy, folder, backend):
    proxy.version = proxy.find_version()
    print(f"starting {proxy.title} {proxy.version}", flush=True)
    proxy.start(folder / proxy.name, backend)
    deadline = time.monotonic() + 60
    while not answers(proxy):
        if proxy.running.ended() or time.monotonic() > deadline:
            said = proxy.running.tail()
            proxy.stop()
            print(f"without {proxy.title}: it did not start\n{said}", flush=True)
            return False
        time.sleep(0.2)
    return True


class Run:
    """The rounds."""

    def __init__(self, options, generator, measures, proxies):
        self.options = options
        self.generator = str(generator)
        self.measures = measures
        self.proxies = proxies
        self.results = report.Results()
        self.saturation = {}
        self.began = time.monotonic()
        self.cut = False

    def takers(self, measure):
        return [p for p in self.proxies if p.only is None or measure.name in p.only]

    def estimate(self):
        """Seconds, roughly."""
        total = 0
        for measure in self.measures:
            for proxy in self.takers(measure):
                if measure.once:
                    total += 8
                else:
                    total += self.options.rounds * (self.options.seconds + 0.7) + self.warmup(proxy) * (2 if proxy.jvm else 1)
        return total

    def warmup(self, proxy):
        return max(0.3, self.options.warmup * (1 if proxy.jvm else 0.1))

    def warm(self, measure, proxy, rate):
        """Load before the first round: at least --warmup, and for a JVM until it no longer gets cheaper, at most six times that.

        A busy machine leaves its compiler little time; ten seconds may then be no more than one.
        """
        piece, last = self.warmup(proxy), None
        for _ in range(6 if proxy.jvm else 1):
            result = run_round(measure, self.generator, proxy, piece, 0, 0, rate)
            cost = result["cpu_seconds"] / result["count"]
            if self.late() or (last and cost > 0.95 * last):
                break
            last = cost

    def late(self):
        if time.monotonic() - self.began > self.options.minutes * 60:
            self.cut = True
        return self.cut

    def all(self):
        for measure in self.measures:
            takers = self.takers(measure)
            for round_number in range(1 if measure.once else self.options.rounds):
                for proxy in takers:
                    if self.late():
                        return
                    self.one(measure, proxy, round_number)

    def one(self, measure, proxy, round_number):
        if (measure.name, proxy.name) in self.results.faults:
            return
        label = f"[{time.monotonic() - self.began:4.0f} s] {measure.name}, round {round_number + 1}, {proxy.title}: "
        rate = self.saturation.get(proxy.name, 0) / 2
        try:
            if measure.needs and not rate:
                raise Failed(f"{measure.needs} gave nothing")
            if measure.once:
                warm = next(m for m in MEASURES if m.name == "shake")
                run_round(warm, self.generator, proxy, max(2, self.warmup(proxy)), 0, 0, 0)
                settle(1)
            if round_number == 0 and not measure.once:
                self.warm(measure, proxy, rate)
            warmup = 0 if measure.once else 0.3
            result = run_round(measure, self.generator, proxy, self.options.seconds, warmup, self.options.idle, rate)
            value = measure.value(result)
        except Failed as failure:
            self.results.fault(measure, proxy, str(failure))
            print(label + f"FAILED, {failure}", flush=True)
            return
        if measure.name == "echo":
            self.saturation[proxy.name] = max(self.saturation.get(proxy.name, 0), result["per_second"])
        self.results.add(measure, proxy, round_number, value)
        print(label + f"{report.number(value)} {measure.unit}", flush=True)
        settle()

    def facts(self):
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        plan = f"{self.options.rounds} interleaved rounds of {self.options.seconds:g} s after {self.options.warmup:g} s of warm-up"
        return [
            f"{date}; {machine.describe()}; {machine.first_line(['java', '-version'], r'(?m)^(OpenJDK Runtime.*)$')}",
            f"benchmarks/run {' '.join(sys.argv[1:])}: {plan}; load average at the end {machine.load_average():.1f}"
            + ("; cut short" if self.cut else ""),
        ]

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        name = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d-%H%M")
        facts = self.facts()
        report.write_markdown(folder / f"{name}.md", self.results, self.measures, self.proxies, facts)
        report.write_csv(folder / f"{name}.csv", self.results, self.measures, self.proxies)
        report.write_svg(folder / f"{name}.svg", self.results, self.measures, self.proxies, facts)
        print((folder / f"{name}.md").read_text())
        print(f"written: {folder / name}.md, .csv and .svg")


def list_all():
    for proxy in PROXIES:
        print(f"{proxy.name:14} {proxy.title}: {proxy.missing() or 'is there'}")
    for measure in MEASURES:
        print(f"{measure.name:14} {measure.title} ({measure.unit}, {measure.better} is better)")


def interrupted(number, frame):
    raise KeyboardInterrupt


def main():
    options = arguments()
    # INT too: who starts us with "&" hands it to us ignored.
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    if options.list:
        list_all()
        return 0
    programs = build()
    measures, proxies = choose(options)
    if not any(p.name == "nginx" for p in proxies):
        print("without nginx there are no ratios", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="culvert-bench-"))
    backend, run, started = None, None, []
    try:
        backend, port = start_backend(programs, folder)
        for proxy in proxies:
            started.append(proxy)
            if not start(proxy, folder, port):
                started.remove(proxy)
        run = Run(options, programs / "load", measures, started)
        print(f"about {run.estimate() / 60:.1f} minutes", flush=True)
        run.all()
        run.write(options.results)
        return 1 if run.results.faults else 0
    except KeyboardInterrupt:
        print("\ninterrupted: ending everything", flush=True)
        if run and run.results.values:
            run.cut = True
            run.write(options.results)
        return 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for proxy in started:
            proxy.stop()
        if backend:
            backend.stop()
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
