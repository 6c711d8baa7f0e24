"""The results as Markdown, CSV and an SVG chart."""

import csv
import html
import statistics


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

    def add(self, measure, proxy, round_number, value):
        self.values.setdefault((measure.name, proxy.name), {})[round_number] = value

    def fault(self, measure, proxy, text):
        self.faults[measure.name, proxy.name] = text

    def median(self, measure, proxy):
        values = self.values.get((measure.name, proxy.name))
        return statistics.median(values.values()) if values else None

    def ratio(self, measure, proxy):
        own = self.values.get((measure.name, proxy.name), {})
        base = self.values.get((measure.name, "nginx"), {})
        ratios = [own[n] / base[n] for n in own if base.get(n)]
        return statistics.median(ratios) if ratios else None


def write_csv(path, results, measures, proxies):
    with open(path, "w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["measure", "unit", "better", "proxy", "version", "round", "value"])
        for measure in measures:
            for proxy in proxies:
                for round_number, value in sorted(results.values.get((measure.name, proxy.name), {}).items()):
                    rows.writerow([measure.name, measure.unit, measure.better, proxy.name, proxy.version, round_number, f"{value:.6g}"])


def write_markdown(path, results, measures, proxies, facts):
    lines = ["# Benchmarks", ""] + [f"- {fact}" for fact in facts] + [""]
    lines.append("Each value is the median of its rounds; \"against nginx\" is the median of the rounds' ratios to nginx in the same round.")
    for measure in measures:
        lines += ["", f"## {measure.title}", "", f"| Proxy | {measure.unit} | against nginx | |", "| --- | ---: | ---: | --- |"]
        for proxy in proxies:
            mark = "**" if proxy.culvert else ""
            median, ratio = results.median(measure, proxy), results.ratio(measure, proxy)
            fault = results.faults.get((measure.name, proxy.name), "")
            shown = number(median) if median is not None else "-"
            lines.append(f"| {mark}{proxy.title}{mark} | {shown} | {f'{ratio:.2f}' if ratio else '-'} | {fault} |")
        lines.append("")
        lines.append("Less is better." if measure.better == "less" else "More is better.")
    lines += ["", "Versions: " + "; ".join(f"{p.title} {p.version}" for p in proxies) + ".", ""]
    path.write_text("\n".join(lines))


BAR, LEFT, WIDTH, ROW = 440, 230, 800, 24


def _panel(results, measure, proxies, top):
    """The bars of one measure, and where the next begins."""
    rows = [(p, results.median(measure, p), results.ratio(measure, p)) for p in proxies]
    rows = [row for row in rows if row[1] is not None]
    longest = max((value for _, value, _ in rows), default=1) or 1
    better = "shorter is better" if measure.better == "less" else "longer is better"
    out = [f'<text x="16" y="{top}" class="title">{html.escape(measure.title)} ({measure.unit}; {better})</text>']
    y = top + 10
    for proxy, value, ratio in rows:
        kind = "culvert" if proxy.culvert else "nginx" if proxy.name == "nginx" else "peer"
        length = max(1, BAR * max(value, 0) / longest)
        label = number(value) + (f"  ({ratio:.2f})" if ratio and proxy.name != "nginx" else "")
        out.append(f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{html.escape(proxy.title)}</text>')
        out.append(f'<rect x="{LEFT}" y="{y + 3}" width="{length:.0f}" height="16" rx="2" class="{kind}"/>')
        out.append(f'<text x="{LEFT + length + 6:.0f}" y="{y + 15}">{label}</text>')
        y += ROW
    return out, y + 26


def write_svg(path, results, measures, proxies, facts):
    body, y = [], 62
    for measure in measures:
        panel, y = _panel(results, measure, proxies, y)
        body += panel
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" font-family="sans-serif" font-size="13">'
        "<style>.title{font-weight:bold}.culvert{fill:#0b7285}.nginx{fill:#495057}.peer{fill:#adb5bd}text{fill:#212529}</style>"
        '<rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text x="16" y="24" font-size="11">{html.escape(facts[0])}</text>'
        f'<text x="16" y="38" font-size="11">{html.escape(facts[1])}</text>'
    )
    path.write_text(head + "\n" + "\n".join(body) + "\n</svg>\n")
