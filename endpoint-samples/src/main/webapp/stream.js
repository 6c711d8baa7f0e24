import { Live } from './live.js';

const BUCKET = 100; // milliseconds drawn as one bar
const BARS = 100;
const $ = (id) => document.getElementById(id);

const slider = $('rate');
const button = $('pause');
const canvas = $('drawing');
let paused = false;
let received = 0;
let missing = 0;
let expected = 1; // the next number: a connection that comes back goes on from there
let latest = [];
let buckets = new Map(); // time in BUCKETs -> how many numbers arrived in it

const live = new Live({
  status: $('status'),
  quietAfter: 40_000, // the server says something every 15 s, also when paused
  path: () => `stream?rate=${rate()}&from=${expected}`,
  onOpen: () => {
    button.disabled = false;
    live.send(`rate ${rate()}`); // the slider may have moved since the path was asked for
    if (paused) {
      live.send('pause');
    }
  },
  onDown: () => (button.disabled = true),
  onMessage: (data) => {
    const message = JSON.parse(data);
    if ('n' in message) {
      arrived(message.n);
    } else {
      show(message.paused);
    }
  },
});

/** Each third of the slider is ten times as fast. */
function rate() {
  return Math.round(10 ** (slider.value / 10));
}

function arrived(n) {
  missing += Math.abs(n - expected);
  expected = n + 1;
  received++;
  latest = [n, ...latest].slice(0, 40);
  const now = Math.floor(performance.now() / BUCKET);
  buckets.set(now, (buckets.get(now) ?? 0) + 1);
}

function show(isPaused) {
  paused = isPaused;
  button.textContent = paused ? 'Resume' : 'Pause';
}

button.addEventListener('click', () => live.send(paused ? 'resume' : 'pause'));

slider.addEventListener('input', () => {
  $('rate-shown').textContent = `${rate()} a second`;
  live.send(`rate ${rate()}`);
});

/** Numbers may come a thousand times a second; they are shown as often as the screen is. */
function frame() {
  const now = Math.floor(performance.now() / BUCKET);
  buckets.forEach((count, time) => time <= now - BARS && buckets.delete(time));
  const lastSecond = [...buckets].filter(([time]) => time >= now - 10 && time < now)
      .reduce((sum, [, count]) => sum + count, 0);
  $('last').textContent = received ? String(expected - 1) : '–';
  $('arriving').textContent = paused ? 'paused' : `${lastSecond}/s`;
  $('received').textContent = String(received);
  $('gaps').textContent = missing ? `${missing} missing` : 'none';
  const list = document.createElement('bdi');
  list.textContent = [...latest].reverse().join('  ');
  $('latest').replaceChildren(list);
  draw(now);
  requestAnimationFrame(frame);
}

function draw(now) {
  // As many dots as the screen has, whatever the size of the page.
  const width = Math.round(canvas.clientWidth * devicePixelRatio);
  const height = Math.round(canvas.clientHeight * devicePixelRatio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const top = Math.max(4, ...buckets.values()) * 1.15;
  const style = getComputedStyle(canvas);
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, width, height);
  context.fillStyle = style.getPropertyValue('--line');
  context.fillRect(0, height - 1, width, 1);
  context.fillStyle = style.getPropertyValue('--accent');
  const step = width / BARS;
  buckets.forEach((count, time) => {
    const bar = (height * count) / top;
    context.fillRect((BARS - 1 - (now - time)) * step, height - bar, Math.max(1, step * 0.72), bar);
  });
  $('scale').textContent = `at most ${Math.max(0, ...buckets.values())} in a tenth of a second`;
}

$('rate-shown').textContent = `${rate()} a second`;
requestAnimationFrame(frame);
live.connect();
