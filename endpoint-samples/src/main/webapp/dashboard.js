import { Live } from './live.js';

const SPAN = 60_000; // milliseconds drawn
const WIDTH = 600; // of the drawings, in their own units; their height is 100
const MEBI = 1024 * 1024;
let looks = [];

new Live({
  status: document.getElementById('status'),
  quietAfter: 10_000,
  path: () => 'dashboard',
  onOpen: () => (looks = []),
  onMessage: (data) => {
    looks.push(...JSON.parse(data));
    const now = looks.at(-1)?.at;
    looks = looks.filter((look) => look.at > now - SPAN);
    requestAnimationFrame(draw);
  },
}).connect();

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });

function draw() {
  const last = looks.at(-1);
  if (!last) {
    return;
  }
  gauge('cpu', {
    value: last.cpu === null ? 'not known' : percent.format(last.cpu),
    series: [(look) => look.cpu],
    scale: (top) => Math.min(1, Math.max(0.1, nice(top))),
    unit: percent.format,
  });
  gauge('heap', {
    value: `${whole.format(last.heapUsed / MEBI)} of ${whole.format(last.heapLimit / MEBI)} MB`,
    series: [(look) => look.heapUsed / MEBI],
    scale: (top) => nice(Math.max(top, 10)),
    unit: (top) => `${whole.format(top)} MB`,
  });
  gauge('threads', {
    value: whole.format(last.threads),
    series: [(look) => look.threads],
    scale: (top) => nice(Math.max(top, 10)),
    unit: whole.format,
  });
  gauge('messages', {
    value: `${rate(last.sent)} out, ${rate(last.received)} in`,
    series: [(look) => look.sent, (look) => look.received],
    scale: (top) => nice(Math.max(top, 5)),
    unit: (top) => `${whole.format(top)} a second`,
  });
  document.getElementById('open').textContent = whole.format(last.open);
}

function rate(perSecond) {
  return (perSecond < 10 ? tenth : whole).format(perSecond);
}

function gauge(id, { value, series, scale, unit }) {
  const card = document.getElementById(id);
  card.querySelector('.value').textContent = value;
  const top = scale(Math.max(...series.flatMap((of) => looks.map((look) => of(look) ?? 0))));
  card.querySelector('.top-of-scale').textContent = `0 to ${unit(top)}`;
  const lines = card.querySelectorAll('.line');
  series.forEach((of, i) => lines[i].setAttribute('d', path(of, top)));
  const area = path(series[0], top);
  card.querySelector('.area').setAttribute('d', area && `${area}V100H${x(looks[0])}Z`);
}

/** Time runs from left to right and ends at the last look. */
function x(look) {
  return (WIDTH * (1 - (looks.at(-1).at - look.at) / SPAN)).toFixed(1);
}

function path(of, top) {
  const points = looks.filter((look) => of(look) !== null)
      .map((look) => `${x(look)} ${(100 - (100 * of(look)) / top).toFixed(1)}`);
  return points.length < 2 ? '' : `M${points.join('L')}`;
}

/** The next of 1, 2, 5, 10, 20, 50… that has room for the value. */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}
