"""The bars of Culvert: what each of its forms may cost at most, beside nginx and the peers of the same run."""

from dataclasses import dataclass

import report
from measures import MEASURES


@dataclass(frozen=True)
class Bar:
    """One line of the table.

    proxies: the forms it is for. against: the proxy whose ratio counts, "" for the value itself.
    bar, reach: what is to be met and what is aimed at; for a measure where less is better at most, else at least; None: nothing but "ahead".
    ahead, reach_ahead: peers to be better than, in the median of the rounds' ratios.
    """

    what: str
    measure: str
    proxies: tuple
    bar: float = None
    reach: float = None
    against: str = "nginx"
    ahead: tuple = ()
    reach_ahead: tuple = ()


BARS = [
    Bar("tunnel, launcher, 128-byte echo, 100 connections", "echo", ("tunnel",), 1.12, 1.0, ahead=("undertow", "vertx")),
    Bar("tunnel, WAR in Tomcat 11", "echo", ("tomcat-tunnel",), 1.2, 1.0),
    Bar("the same with 1,000 connections, echoes per second", "echo-1000", ("tunnel", "tomcat-tunnel"), 0.9, 1.1),
    Bar("tunnel with TLS in front, launcher", "echo-tls", ("tunnel",), 1.6, 1.2),
    Bar("relay, launcher", "echo", ("relay",), 2.0, None, reach_ahead=("spring",)),
    Bar("relay, WAR in Tomcat 11", "echo", ("tomcat-relay",), 2.6, 2.0),
    Bar("64 KiB messages, bytes per CPU second, tunnel", "64k", ("tunnel", "tomcat-tunnel"), 2.0, 3.0),
    Bar("the same, nginx with 64k buffers", "64k", ("tunnel", "tomcat-tunnel"), 1.0, 1.2, against="nginx-64k"),
    Bar("latency p99 at half of saturation, tunnel, launcher", "p99", ("tunnel",), 1.5, 1.0),
    Bar("handshakes per second, launcher, tunnel", "shake", ("tunnel",), None, 0.6, ahead=("vertx", "undertow")),
    Bar("resident memory of an idle connection: tunnel, launcher (KB)", "idle", ("tunnel",), 7, 4, against=""),
    Bar("tunnel, Tomcat (KB)", "idle", ("tomcat-tunnel",), 18, 10, against=""),
    Bar("relay (KB)", "idle", ("relay", "tomcat-relay"), 28, 16, against=""),
    Bar("HTTP, small response, 50 kept connections, launcher", "http", ("relay",), 2.4, None, ahead=("jetty",), reach_ahead=("vertx",)),
    Bar("HTTP through the WAR in Tomcat 11", "http", ("tomcat-relay",), 3.5, 2.4),
    Bar("soak", "soak", ("tunnel", "relay", "tomcat-tunnel")),
]


def needed():
    """What has to be measured: pairs of the names of measure and proxy."""
    pairs = set()
    for bar in BARS:
        for name in (*bar.proxies, bar.against, *bar.ahead, *bar.reach_ahead):
            if name:
                pairs.add((bar.measure, name))
    return pairs


def _limit(measure, value, against, ahead):
    parts = []
    if value is not None:
        parts.append(f"{'at most' if measure.better == 'less' else 'at least'} {value:g}{' x ' + against if against else ''}")
    return "; ".join(parts + [f"ahead of {name}" for name in ahead]) or "-"


def _met(results, measure, proxy, value, limit, ahead):
    """Whether it is met; None when something that it needs was not measured."""
    less = measure.better == "less"
    answers = [(value <= limit if less else value >= limit)] if limit is not None else []
    for peer in ahead:
        ratio = results.ratio(measure.name, proxy, peer)
        answers.append(None if ratio is None else ratio < 1 if less else ratio > 1)
    if False in answers:
        return False
    return None if None in answers or not answers else True


def _said(met, there):
    return "" if not there else "not measured" if met is None else "yes" if met else "**no**"


def _seen(results, bar, name, value):
    text = f"{report.number(value)}" + (" x" if bar.against else "")
    for peer in (*bar.ahead, *bar.reach_ahead):
        ratio = results.ratio(bar.measure, name, peer)
        text += f"; {ratio:.2f} x {peer}" if ratio else f"; {peer}: not measured"
    return text


def rows(results, proxies):
    """The bars that were measured: what, proxy, bar, seen, met, aimed at, reached."""
    measures = {measure.name: measure for measure in MEASURES}
    titles = {proxy.name: proxy.title for proxy in proxies}
    found = []
    for bar in BARS:
        measure = measures[bar.measure]
        for name in bar.proxies:
            if bar.measure == "soak":
                verdict = results.verdicts.get(name)
                if verdict:
                    found.append([bar.what, titles[name], "no growth", verdict, _said(verdict == "no growth", True), "-", ""])
                continue
            value = results.ratio(bar.measure, name, bar.against) if bar.against else results.median(bar.measure, name)
            if value is None:
                continue
            note = results.notes.get((bar.measure, name))
            met = _met(results, measure, name, value, bar.bar, bar.ahead)
            reached = _met(results, measure, name, value, bar.reach, bar.reach_ahead)
            aims = bar.reach is not None or bool(bar.reach_ahead)
            if note:
                met = reached = False  # What was measured is not what the bar is for.
            found.append([
                bar.what,
                titles[name],
                _limit(measure, bar.bar, bar.against, bar.ahead),
                _seen(results, bar, name, value) + (f" ({note})" if note else ""),
                _said(met, True),
                _limit(measure, bar.reach, bar.against, bar.reach_ahead),
                _said(reached, aims),
            ])
    return found
