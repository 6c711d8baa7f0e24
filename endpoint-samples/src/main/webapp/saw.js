import { Live } from './live.js';

const $ = (id) => document.getElementById(id);
const PROTOCOL = 'saw.v1';
const HIDDEN = Symbol('a header that a page cannot read');

/** What browsers send and do not show to pages. */
const BROWSERS_OWN = /^(accept|accept-.*|cache-control|pragma|dnt|priority|referer|user-agent|te|sec-(?!websocket-protocol|websocket-version).*)$/i;

let socket;
let cookiesSent = '';

const live = new Live({
  status: $('status'),
  again: 'Look again',
  path: () => {
    cookiesSent = document.cookie;
    return 'saw';
  },
  protocols: () => [PROTOCOL],
  onOpen: (opened) => (socket = opened),
  onMessage: (data) => {
    handshake(JSON.parse(data));
    live.close(1000, 'seen');
    request();
  },
});

function handshake(saw) {
  const sent = {
    'Host': location.host,
    'Origin': location.origin,
    'Upgrade': 'websocket',
    'Connection': 'Upgrade',
    'User-Agent': navigator.userAgent,
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Protocol': PROTOCOL,
  };
  if (cookiesSent) {
    sent.Cookie = cookiesSent;
  }
  compare($('handshake-request'), 'Request', ['The browser sent', 'The backend saw'],
      sent, saw.request, (name) => BROWSERS_OWN.test(name));

  const answered = { ...saw.response };
  if (saw.subprotocol) {
    answered['Sec-WebSocket-Protocol'] = [saw.subprotocol];
  }
  if (saw.extensions.length) {
    answered['Sec-WebSocket-Extensions'] = saw.extensions;
  }
  const received = { 'Set-Cookie': cookiesKept(answered['Set-Cookie']) };
  if (socket.protocol) {
    received['Sec-WebSocket-Protocol'] = socket.protocol;
  }
  if (socket.extensions) {
    received['Sec-WebSocket-Extensions'] = socket.extensions;
  }
  // What it negotiated is known on both sides, and so is what is missing there.
  compare($('handshake-response'), 'Response', ['The browser received', 'The backend sent'],
      received, answered, (name) => !/^sec-websocket-(protocol|extensions)$/i.test(name));
}

async function request() {
  const sent = { 'Host': location.host, 'User-Agent': navigator.userAgent };
  if (document.cookie) {
    sent.Cookie = document.cookie;
  }
  try {
    const response = await fetch('headers', { cache: 'no-store' });
    const saw = await response.json();
    compare($('fetch-request'), `Request: ${saw.method} ${saw.uri} ${saw.protocol}, from ${saw.peer}`,
        ['The browser sent', 'The backend saw'], sent, saw.request, (name) => BROWSERS_OWN.test(name));
    compare($('fetch-response'), `Response: ${response.status}`,
        ['The browser received', 'The backend sent'], Object.fromEntries(response.headers), saw.response,
        (name) => /^set-cookie$/i.test(name));
  } catch (failure) {
    $('fetch-request').replaceChildren();
    $('fetch-response').replaceChildren();
    $('fetch-request').createCaption().textContent = `No answer to compare: ${failure.message}`;
  }
}

/** Those of the backend's cookies that have arrived: the browser has them now. */
function cookiesKept(lines = []) {
  const kept = document.cookie.split('; ');
  return lines.filter((line) => kept.includes(line.split(';')[0])).join('\n') || undefined;
}

/** Fills a table with both sides of a list of headers, and marks the rows that differ. */
function compare(table, caption, [ours, theirs], here, there, unreadable) {
  table.replaceChildren();
  table.createCaption().textContent = caption;
  const columns = document.createElement('colgroup');
  columns.append(...[1, 2, 3].map(() => document.createElement('col')));
  table.append(columns);
  const head = table.createTHead().insertRow();
  for (const title of ['Header', ours, theirs]) {
    const cell = head.appendChild(document.createElement('th'));
    cell.scope = 'col';
    cell.textContent = title;
  }
  const names = new Map(); // compared without case, shown as the backend spells them
  [...Object.keys(here), ...Object.keys(there)].forEach((name) => names.set(name.toLowerCase(), name));
  const body = table.createTBody();
  for (const [lower, name] of [...names].sort()) {
    const near = find(here, lower);
    row(body, name, near === undefined && unreadable(lower) ? HIDDEN : near,
        find(there, lower)?.join('\n'));
  }
}

function find(headers, lower) {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === lower)?.[1];
}

function row(body, name, near, far) {
  const row = body.insertRow();
  const title = row.appendChild(document.createElement('th'));
  title.scope = 'row';
  title.textContent = name;
  for (const value of [near, far]) {
    const cell = row.insertCell();
    if (typeof value === 'string') {
      cell.textContent = value;
    } else {
      const aside = cell.appendChild(document.createElement('span'));
      aside.className = 'aside';
      aside.textContent = value === HIDDEN ? 'not shown to pages' : 'none';
    }
  }
  const differs = near !== HIDDEN && near?.toLowerCase() !== far?.toLowerCase();
  row.className = differs ? 'differs' : '';
}

live.connect();
