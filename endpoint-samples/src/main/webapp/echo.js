import { Live } from './live.js';

const PAGE_CODES = [[1000, 'normal'], [3000, 'library'], [4000, 'application'], [4999, 'application']];
const SERVER_CODES = [
  [1000, 'normal'], [1001, 'going away'], [1002, 'protocol error'], [1003, 'unacceptable data'],
  [1007, 'invalid data'], [1008, 'policy'], [1009, 'too big'], [1011, 'internal error'],
  [1012, 'restart'], [1013, 'try again later'], [1014, 'bad gateway'], [3000, 'library'],
  [4000, 'application'], [4999, 'application'],
];
const $ = (id) => document.getElementById(id);

const close = $('close');
let sent = []; // what has yet to come back, oldest first: an echo keeps the order
let times = [];

const live = new Live({
  status: $('status'),
  path: () => 'echo',
  protocols: () => [...document.querySelectorAll('[name=protocol]:checked')].map((box) => box.value),
  onOpen: () => enable(true),
  onDown: () => {
    enable(false);
    sent = [];
  },
  onMessage: (data) => {
    const back = performance.now();
    const message = sent.shift();
    if (message) {
      show(message, same(message.data, data), back - message.at);
    }
  },
});

function enable(open) {
  document.querySelectorAll('#text button, #binary button, #close button')
      .forEach((button) => (button.disabled = !open));
}

function send(data, kind, what) {
  sent.push({ data, kind, what, at: performance.now() });
  if (!live.send(data)) {
    sent.pop();
  }
}

function same(one, other) {
  if (typeof one === 'string' || typeof other === 'string') {
    return one === other;
  }
  const bytes = new Uint8Array(other);
  return one.length === bytes.length && one.every((byte, i) => byte === bytes[i]);
}

function show({ kind, what }, intact, time) {
  times.push(time);
  $('last').textContent = milliseconds(time);
  $('shortest').textContent = milliseconds(Math.min(...times));
  $('mean').textContent = milliseconds(times.reduce((sum, each) => sum + each, 0) / times.length);
  $('longest').textContent = milliseconds(Math.max(...times));
  const row = document.createElement('tr');
  for (const text of [kind, what, intact ? 'unchanged' : 'changed!', milliseconds(time)]) {
    row.insertCell().textContent = text;
  }
  $('times').prepend(row);
  [...$('times').rows].slice(10).forEach((old) => old.remove());
}

function milliseconds(time) {
  return `${time.toFixed(time < 10 ? 2 : 1)} ms`;
}

$('text').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = event.target.elements.text.value;
  send(text, 'text', text.length > 40 ? `${text.slice(0, 40)}…` : text);
});

$('binary').addEventListener('submit', (event) => {
  event.preventDefault();
  const bytes = new Uint8Array(Number(event.target.elements.size.value));
  for (let from = 0; from < bytes.length; from += 65536) {
    crypto.getRandomValues(bytes.subarray(from, from + 65536)); // no more at a time
  }
  send(bytes, 'binary', `${bytes.length} bytes`);
});

$('protocols').addEventListener('submit', (event) => {
  event.preventDefault();
  live.connect();
});

/** A page may send fewer codes than a server. */
function offerCodes() {
  const codes = close.elements.side.value === 'page' ? PAGE_CODES : SERVER_CODES;
  close.elements.code.replaceChildren(
      ...codes.map(([code, meaning]) => new Option(`${code} ${meaning}`, code)));
}

close.addEventListener('change', (event) => event.target.name === 'side' && offerCodes());

close.addEventListener('submit', (event) => {
  event.preventDefault();
  const { side, code, reason } = close.elements;
  if (side.value === 'page') {
    live.close(Number(code.value), reason.value);
  } else {
    live.expectClose();
    live.send(`/close ${code.value}${reason.value ? ` ${reason.value}` : ''}`);
  }
});

offerCodes();
live.connect();
