"""The results as Markdown, CSV and an SVG chart."""

import csv
import html
import statistics
import textwrap


def number(value):
    """Three significant digits, thousands with commas."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


class Results:
    """The values of every round by measure and proxy.

    A ratio is the median of the rounds' ratios to nginx, each with the nginx of the same round: what else the machine did in
    that minute was done to both.
    """

    def __init__(self):
        self.values = {}
        self.faults = {}
        self.notes = {}
        self.soak = None
        self.tls = {}

    def add(self, measure, proxy, round_number, value):
        self.values.setdefault((measure.name, proxy.name), {})[round_number] = value

    def fault(self, measure, proxy, text):
        self.faults[measure.name, proxy.name] = text

    @property
    def verdicts(self):
        """Of the soak, by the proxies' names."""
        return {proxy.name: self.soak.verdict(proxy.name) for proxy in self.soak.proxies} if self.soak else {}

    def median(self, measure, proxy):
        values = self.values.get((measure, proxy))
        return statistics.median(values.values()) if values else None

    def ratio(self, measure, proxy, against="nginx"):
        own = self.values.get((measure, proxy), {})
        base = self.values.get((measure, against), {})
        ratios = [own[n] / base[n] for n in own if base.get(n)]
        return statistics.median(ratios) if ratios else None


def _measured(results, measures):
    return [measure for measure in measures if any(name == measure.name for name, _ in [*results.values, *results.faults])]


def write_csv(path, results, measures, proxies):
    with open(path, "w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["measure", "unit", "better", "proxy", "version", "round", "value", "note"])
        for measure in _measured(results, measures):
            for proxy in proxies:
                key = measure.name, proxy.name
                for round_number, value in sorted(results.values.get(key, {}).items()):
                    row = [measure.name, measure.unit, measure.better, proxy.name, proxy.version, round_number, f"{value:.6g}"]
                    rows.writerow(row + [results.notes.get(key, "")])
        for proxy in results.soak.proxies if results.soak else []:
            for sample in results.soak.samples[proxy.name]:
                for figure, unit in (("heap_mb", "MB"), ("direct_mb", "MB"), ("threads", ""), ("descriptors", ""), ("resident_mb", "MB")):
                    value = f"{getattr(sample, figure):.6g}"
                    note = f"{sample.connections} connections"
                    rows.writerow([f"soak-{figure.removesuffix('_mb')}", unit, "less", proxy.name, proxy.version, f"{sample.minute:.2f}", value, note])


def _bars(bar_rows):
    if not bar_rows:
        return []
    lines = ["", "## Bars", "", "| What | Proxy | Bar | Seen | Met | Reach for | Reached |", "| --- | --- | --- | --- | --- | --- | --- |"]
    return lines + ["| " + " | ".join(row) + " |" for row in bar_rows]


def _soak(results):
    soak = results.soak
    lines = ["", f"## Soak of {soak.seconds / 60:g} minute{'' if soak.seconds == 60 else 's'}", ""]
    lines.append("Heap, direct memory, threads and descriptors must not grow, the heap after a full collection; resident memory is for information.")
    for proxy in soak.proxies:
        verdict = soak.verdict(proxy.name)
        lines += ["", f"{proxy.title}: **{verdict}**" + (f" ({number(soak.opened[proxy.name])} connections closed)" if proxy.name in soak.opened else ""), ""]
        lines += ["| Minute | Connections | Heap, MB | Direct, MB | Threads | Descriptors | Resident, MB |", "| ---: " * 7 + "|"]
        for s in soak.samples[proxy.name]:
            lines.append(
                f"| {s.minute:.1f} | {s.connections} | {s.heap_mb:.1f} | {s.direct_mb:.1f} | {s.threads} | {s.descriptors} | {s.resident_mb:.0f} |"
            )
    return lines


def write_markdown(path, results, measures, proxies, facts, bar_rows):
    lines = ["# Benchmarks", ""] + [f"- {fact}" for fact in facts] + [""]
    lines.append("Each value is the median of its rounds; \"against nginx\" is the median of the rounds' ratios to nginx in the same round.")
    lines += _bars(bar_rows)
    for measure in _measured(results, measures):
        lines += ["", f"## {measure.title}", "", f"| Proxy | {measure.unit} | against nginx | |", "| --- | ---: | ---: | --- |"]
        for proxy in proxies:
            key = measure.name, proxy.name
            median, ratio = results.median(*key), results.ratio(*key)
            fault = "; ".join(filter(None, (results.faults.get(key), results.notes.get(key))))
            if median is None and not fault:
                continue
            mark = "**" if proxy.culvert else ""
            shown = number(median) if median is not None else "-"
            lines.append(f"| {mark}{proxy.title}{mark} | {shown} | {f'{ratio:.2f}' if ratio else '-'} | {fault} |")
        lines.append("")
        lines.append("Less is better." if measure.better == "less" else "More is better.")
    if results.soak:
        lines += _soak(results)
    lines += ["", "Versions: " + "; ".join(f"{p.title} {p.version}" for p in proxies) + ".", ""]
    path.write_text("\n".join(lines))


# The chart: panels in two columns, each of the ratios to nginx, the best first. It is read in a README, on light and on dark.
COLUMN, NAME, LENGTH, ROW, GAP = 440, 172, 172, 21, 26
STYLE = """
.ground{fill:#ffffff;stroke:#d0d7de}text{fill:#1f2328}.small{font-size:10.5px;font-weight:400;fill:#59636e}.title{font-weight:600}
.culvert{fill:#0b7285}.nginx{fill:#57606a}.peer{fill:#b6bec7}.one{stroke:#59636e;stroke-dasharray:3 3}
@media (prefers-color-scheme:dark){.ground{fill:#0d1117;stroke:#3d444d}text{fill:#e6edf3}.small{fill:#9198a1}
.culvert{fill:#3bc9db}.nginx{fill:#9198a1}.peer{fill:#4a525b}.one{stroke:#9198a1}}
"""


def _panel_rows(results, measure, proxies):
    rows = [(p, results.ratio(measure.name, p.name), results.median(measure.name, p.name)) for p in proxies]
    rows = [row for row in rows if row[1] is not None and row[2] is not None and not results.notes.get((measure.name, row[0].name))]
    return sorted(rows, key=lambda row: row[1], reverse=measure.better == "more")


def _panel(measure, rows, left, top):
    """The bars of one measure, and where the next begins."""
    better = "shorter is better" if measure.better == "less" else "longer is better"
    # One that is far off must not flatten the others.
    longest = min(max(ratio for _, ratio, _ in rows), 4.0)
    out = [
        f'<text x="{left}" y="{top}" class="title">{html.escape(measure.title)}</text>',
        f'<text x="{left}" y="{top + 14}" class="small">ratio to nginx ({measure.unit}); {better}</text>',
    ]
    begin, y = left + NAME, top + 22
    for proxy, ratio, value in rows:
        kind = "culvert" if proxy.culvert else "nginx" if proxy.name == "nginx" else "peer"
        length = max(1, LENGTH * min(ratio, longest) / longest)
        cut = " →" if ratio > longest else ""
        name = proxy.title.replace("Culvert launcher", "Culvert").replace("Culvert in Tomcat 11", "Culvert, Tomcat")
        # How WebSockets are carried does not concern a GET.
        name = html.escape(name.removesuffix(", relay") if measure.name == "http" else name)
        weight = ' class="title"' if proxy.culvert else ""
        out.append(f'<text x="{begin - 6}" y="{y + 13}" text-anchor="end"{weight}>{name}</text>')
        out.append(f'<rect x="{begin}" y="{y + 2}" width="{length:.0f}" height="{ROW - 6}" rx="2" class="{kind}"/>')
        out.append(f'<text x="{begin + length + 5:.0f}" y="{y + 13}"{weight}>{ratio:.2f}{cut} <tspan class="small">{number(value)}</tspan></text>')
        y += ROW
    one = begin + LENGTH / longest
    if one <= begin + LENGTH:
        out.append(f'<line x1="{one:.0f}" x2="{one:.0f}" y1="{top + 20}" y2="{y}" class="one"/>')
    return out, y + GAP


def write_svg(path, results, measures, proxies, facts):
    said = [line for fact in facts for line in textwrap.wrap(fact, 150)]
    begin = 22 + 15 * len(said) + 14
    body, tops = [], [begin, begin]
    for measure in measures:
        rows = _panel_rows(results, measure, proxies)
        if len(rows) > 1:
            column = 0 if tops[0] <= tops[1] else 1
            panel, tops[column] = _panel(measure, rows, 16 + column * COLUMN, tops[column])
            body += panel
    width, height = 2 * COLUMN + 16, max(tops) - 6
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-size="12" '
        'font-family="system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif">'
        f'<style>{STYLE}</style><rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6" class="ground"/>'
    )
    head += "".join(f'<text x="16" y="{22 + 15 * n}" class="small">{html.escape(line)}</text>' for n, line in enumerate(said))
    path.write_text(head + "\n" + "\n".join(body) + "\n</svg>\n")
