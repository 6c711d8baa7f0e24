import { Live } from './live.js';

const door = document.getElementById('door');
const composer = document.getElementById('composer');
const log = document.getElementById('log');
const here = document.getElementById('here');
let me = '';

const live = new Live({
  status: document.getElementById('status'),
  quietAfter: 40_000, // the server beats every 15 s
  path: () => `chat/${encodeURIComponent(door.elements.room.value)}`
      + `?name=${encodeURIComponent(door.elements.name.value)}`,
  onMessage: (data) => {
    const message = JSON.parse(data);
    receive[message.type]?.(message);
  },
  onDown: () => {
    composer.querySelector('button').disabled = true;
    people([]);
  },
});

const receive = {
  welcome(message) {
    me = message.you;
    document.getElementById('room-name').textContent = `Room ${message.room}, as ${me}`;
    log.replaceChildren();
    message.history.forEach(said);
    people(message.here);
    note(message.history.length ? `That is what was said before you came, ${me}.` : `Nobody has said anything yet, ${me}.`);
    composer.querySelector('button').disabled = false;
  },
  said,
  joined(message) {
    people(message.here);
    note(`${message.name} came in.`);
  },
  left(message) {
    people(message.here);
    note(`${message.name} left.`);
  },
};

/** Elements are made, and text is set as text: nothing that anybody says becomes markup. */
function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function said({ from, text, at }) {
  const item = element('li', from === me ? 'mine' : '', '');
  item.style.setProperty('--hue', hue(from));
  const who = item.appendChild(element('div', 'who', ''));
  const time = element('time', '', new Date(at).toLocaleTimeString([], { timeStyle: 'short' }));
  time.dateTime = new Date(at).toISOString();
  who.append(element('b', '', from), time);
  item.append(element('div', 'said', text));
  append(item);
}

function note(text) {
  append(element('li', 'note', text));
}

/** Follows the talk, unless the reader has scrolled up to read. */
function append(item) {
  const following = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(item);
  while (log.children.length > 500) {
    log.firstChild.remove();
  }
  if (following) {
    log.scrollTop = log.scrollHeight;
  }
}

function people(names) {
  document.getElementById('here-title').textContent = names.length ? `Here: ${names.length}` : 'Here';
  here.replaceChildren(...names.map((name) => {
    const item = document.createElement('li');
    const badge = element('span', 'badge', [...name].slice(0, 1).join('').toUpperCase());
    badge.setAttribute('aria-hidden', 'true');
    badge.style.setProperty('--hue', hue(name));
    item.append(badge, name === me ? `${name} (you)` : name);
    return item;
  }));
}

/** Everybody's colour, the same on every page. */
function hue(name) {
  let hash = 7;
  for (const character of name) {
    hash = (hash * 31 + character.codePointAt(0)) % 360;
  }
  return hash;
}

function enter() {
  const { name, room } = door.elements;
  const address = new URL(location.href);
  address.searchParams.set('room', room.value);
  address.searchParams.set('name', name.value);
  history.replaceState(null, '', address); // a reload comes back to the same room
  live.connect();
}

door.addEventListener('submit', (event) => {
  event.preventDefault();
  enter();
  composer.elements.text.focus();
});

composer.addEventListener('submit', (event) => {
  event.preventDefault();
  const { text } = composer.elements;
  if (text.value.trim() && live.send(text.value)) {
    text.value = '';
  }
  text.focus();
});

const asked = new URLSearchParams(location.search);
door.elements.room.value = asked.get('room') ?? 'lobby';
door.elements.name.value = asked.get('name') ?? `guest-${Math.floor(Math.random() * 900 + 100)}`;
if (door.checkValidity()) {
  enter();
}
