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

import bars
import machine
import report
import soak
from measures import MEASURES, Failed, Generator, is_tunnelled, run_round, settle
from proxies import BENCHMARKS, PROXIES, Certificate

QUICK_PEERS = ["haproxy", "undertow", "vertx", "node", "caddy", "httpd"]
QUICK_MEASURES = ["echo", "64k", "shake", "http"]


def arguments():
    parser = argparse.ArgumentParser(prog="benchmarks/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="nginx, one other peer and the launcher's relay, four measures, in under two minutes")
    parser.add_argument("--bars", action="store_true", help="just what the table of bars needs (bench/bars.py)")
    parser.add_argument("--only", metavar="NAMES", default="", help="only these proxies and measures, with commas; nginx is always one")
    parser.add_argument("--rounds", type=int, help="rounds of each measure (5; quick: 3)")
    parser.add_argument("--seconds", type=float, help="measured time of a round (4; quick: 1)")
    parser.add_argument("--warmup", type=float, help="seconds of load before the first round of a measure, at least (10; quick: 3; a tenth where there is no JVM)")
    parser.add_argument("--idle", type=int, default=4000, help="idle WebSockets (4000)")
    parser.add_argument("--soak", metavar="MINUTES", type=float, default=10, help="length of the soak (10)")
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
    pairs = bars.needed() if options.bars else None
    proxies = [p for p in PROXIES if not any(o.name in options.only for o in PROXIES) or p.name in options.only + ["nginx"]]
    proxies = [p for p in proxies if not pairs or any(p.name == name for _, name in pairs)]
    chosen = [m.name for m in MEASURES if m.name in options.only] or (QUICK_MEASURES if options.quick else [m.name for m in MEASURES])
    chosen += [m.needs for m in MEASURES if m.name in chosen and m.needs]
    measures = [m for m in MEASURES if m.name in chosen]
    there = []
    for proxy in proxies:
        missing = proxy.missing()
        if missing:
            print(f"without {proxy.title}: {missing}", flush=True)
        elif any(proxy.takes(m) for m in measures if not pairs or (m.name, proxy.name) in pairs):
            there.append(proxy)
    if options.quick and not any(p.name in options.only for p in PROXIES):
        peer = next((p.name for name in QUICK_PEERS for p in there if p.name == name), None)
        there = [p for p in there if p.name in ("nginx", "relay", peer)]
    return measures, there


def build():
    """The echo backend and the load generator, and whether they can do TLS."""
    if not shutil.which("gcc"):
        sys.exit("benchmarks/run needs gcc for its load generator: apt-get install gcc libc6-dev")
    folder = BENCHMARKS / "build"
    folder.mkdir(exist_ok=True)
    load = BENCHMARKS / "load"
    header = subprocess.run(["gcc", "-E", "-"], input=b"#include <openssl/ssl.h>\n", capture_output=True)
    tls = ["-DWITH_OPENSSL", "-lssl", "-lcrypto"] if header.returncode == 0 else []
    for program in ("echo", "load"):
        sources = [str(load / name) for name in (f"{program}.c", "wire.c", "tls.c")]
        subprocess.run(["gcc", "-O2", "-o", str(folder / program), *sources, *tls], check=True)
    return folder, bool(tls)


def make_certificate(folder):
    """Of the kind that most servers have today: ECDSA on P-256. It trusts itself."""
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(["openssl", "req", "-x509", *kind, *subject, *files], check=True, capture_output=True)
    return made


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


def start(proxy, folder, backend, certificate, java_options=""):
    proxy.version = proxy.find_version()
    print(f"starting {proxy.title} {proxy.version}", flush=True)
    proxy.start(folder / proxy.name, backend, certificate, java_options)
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

    def __init__(self, options, generator, measures, proxies, folder):
        self.options = options
        self.folder = folder
        self.generator = generator
        self.measures = [m for m in measures if m.name != "soak"]
        self.pairs = bars.needed() if options.bars else None
        self.proxies = proxies
        self.results = report.Results()
        self.saturation = {}
        self.began = time.monotonic()
        self.cut = False

    def takers(self, measure):
        if measure.tls and not self.generator.certificate:
            return []
        return [p for p in self.proxies if p.takes(measure) and (not self.pairs or (measure.name, p.name) in self.pairs)]

    def estimate(self):
        """Seconds, roughly."""
        total = 0
        for measure in self.measures:
            for proxy in self.takers(measure):
                if measure.once or measure.value is None:
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

    def wake(self, proxy):
        """Handshakes before a measure that has no rounds. On a busy machine a JVM's first ones may outlast the time given."""
        warm = next(m for m in MEASURES if m.name == "shake")
        for attempt in range(3):
            try:
                run_round(warm, self.generator, proxy, max(2, self.warmup(proxy)), 0, 0, 0)
                break
            except Failed:
                if attempt == 2:
                    raise
        settle(1)

    def late(self):
        if time.monotonic() - self.began > self.options.minutes * 60:
            self.cut = True
        return self.cut

    def all(self):
        for measure in self.measures:
            takers = self.takers(measure)
            for round_number in range(1 if measure.once or measure.value is None else self.options.rounds):
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
            if measure.name == "idle-heap":
                value = soak.idle_heap(measure, self.generator, proxy, self.folder, self.options.idle)
                self.results.add(measure, proxy, round_number, value)
                print(label + f"{report.number(value)} {measure.unit}", flush=True)
                return
            if measure.once:
                self.wake(proxy)
            if round_number == 0 and proxy.tunnels and not is_tunnelled(measure, self.generator, proxy):
                self.results.notes[measure.name, proxy.name] = "relayed, not tunnelled"
            if round_number == 0 and not measure.once:
                self.warm(measure, proxy, rate)
            warmup = 0 if measure.once else 0.3
            result = run_round(measure, self.generator, proxy, self.options.seconds, warmup, self.options.idle, rate)
            value = measure.value(result)
            if measure.tls:
                self.results.tls[proxy.name] = result["tls"]
        except (Failed, RuntimeError, OSError, subprocess.TimeoutExpired) as failure:
            self.results.fault(measure, proxy, str(failure))
            print(label + f"FAILED, {failure}", flush=True)
            return
        if measure.name == "echo":
            self.saturation[proxy.name] = max(self.saturation.get(proxy.name, 0), result["per_second"])
        self.results.add(measure, proxy, round_number, value)
        note = self.results.notes.get((measure.name, proxy.name))
        print(label + f"{report.number(value)} {measure.unit}" + (f" ({note})" if note else ""), flush=True)
        settle()

    def soak(self, proxies):
        """All of them at once, for --soak minutes."""
        self.results.soak = soak.Soak(self.generator, proxies, self.folder, self.options.soak)
        self.proxies += [p for p in proxies if p not in self.proxies]
        self.results.soak.run()

    def facts(self):
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        plan = f"{self.options.rounds} interleaved rounds of {self.options.seconds:g} s after {self.options.warmup:g} s of warm-up"
        return [
            f"{date}; {machine.describe()}; {machine.first_line(['java', '-version'], r'(?m)^(OpenJDK Runtime.*)$')}",
            f"benchmarks/run {' '.join(sys.argv[1:])}: {plan}; load average at the end {machine.load_average():.1f}"
            + ("; cut short" if self.cut else ""),
        ] + ([f"TLS: {', '.join(sorted(set(self.results.tls.values())))}"] if self.results.tls else [])

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        name = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d-%H%M")
        facts = self.facts()
        report.write_markdown(folder / f"{name}.md", self.results, self.measures, self.proxies, facts, bars.rows(self.results, self.proxies))
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


def find_certificate(measures, folder, can_tls):
    """A new certificate where a measure wants one; None, with a word, where there is no OpenSSL."""
    if not any(m.tls for m in measures):
        return None
    if not can_tls:
        print("without echo-tls: no OpenSSL for the load generator: apt-get install libssl-dev", flush=True)
    elif not shutil.which("openssl"):
        print("without echo-tls: no openssl to make a certificate: apt-get install openssl", flush=True)
    else:
        return make_certificate(folder)
    return None


def start_all(proxies, started, folder, backend, certificate, java_options=""):
    """Starts them; "started" has each from before its start on, so that it is ended whatever happens, and keeps those that answer."""
    for proxy in proxies:
        started.append(proxy)
        if not start(proxy, folder, backend, certificate, java_options):
            started.remove(proxy)


def stop_all(started):
    while started:
        started.pop().stop()


def main():
    options = arguments()
    # INT too: who starts us with "&" hands it to us ignored.
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    if options.list:
        list_all()
        return 0
    programs, can_tls = build()
    measures, proxies = choose(options)
    rounds = [m for m in measures if m.name != "soak"]
    if rounds and not any(p.name == "nginx" for p in proxies):
        print("without nginx there are no ratios", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="culvert-bench-"))
    backend, run, started = None, None, []
    try:
        certificate = find_certificate(measures, folder, can_tls)
        backend, port = start_backend(programs, folder)
        generator = Generator(str(programs / "load"), certificate and str(certificate.certificate))
        run = Run(options, generator, rounds, [p for p in proxies if any(p.takes(m) for m in rounds)], folder)
        start_all(run.proxies, started, folder, port, certificate)
        run.proxies = [p for p in run.proxies if p in started]
        print(f"about {run.estimate() / 60 + (options.soak + 2 if len(rounds) < len(measures) else 0):.1f} minutes", flush=True)
        run.all()
        if len(rounds) < len(measures) and not run.late():
            stop_all(started)
            soaking = [p for p in proxies if "soak" in p.also]
            (folder / "soak").mkdir()
            start_all(soaking, started, folder / "soak", port, None, soak.JAVA_OPTIONS)
            run.soak([p for p in soaking if p in started])
        run.write(options.results)
        return 1 if run.results.faults or any(verdict != "no growth" for verdict in run.results.verdicts.values()) else 0
    except KeyboardInterrupt:
        print("\ninterrupted: ending everything", flush=True)
        if run and (run.results.values or run.results.soak):
            run.cut = True
            run.write(options.results)
        return 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        stop_all(started)
        if backend:
            backend.stop()
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
