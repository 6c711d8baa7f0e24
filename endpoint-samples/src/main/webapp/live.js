// A WebSocket that comes back, and says how it stands.

const FIRST_PAUSE = 500; // milliseconds; doubled after each failure in a row
const LONGEST_PAUSE = 20_000;
const STEADY_AFTER = 5_000; // a connection that lived so long ends a row of failures
const POLICY_VIOLATION = 1008; // trying again would not help

/**
 * The address of an endpoint, from a path relative to this page: right at any context path and
 * behind any proxy, and secure where the page is.
 */
export function endpoint(path) {
  const url = new URL(path, document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/**
 * How long to wait before the attempt after so many failures: exponential, and at random between
 * half and the whole of it, so that a thousand pages do not return to a server in step.
 */
export function pauseAfter(failures) {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures, 16));
  return longest * (0.5 + Math.random() / 2);
}

export class Live {
  #options;
  #words;
  #countdown;
  #now;
  #socket = null;
  #again;
  #failures = 0;
  #wanted = false;
  #timers = {};

  /**
   * Options: `path()` gives the path relative to the page and `protocols()` the subprotocols, both
   * asked at each attempt; `onOpen(socket)`, `onMessage(data)`, `onDown(event)` tell what happens;
   * `quietAfter` is the number of milliseconds without a message after which the server is taken
   * for dead; `status` is the element of the status line, and `again` what its button says when
   * the connection was closed for good.
   */
  constructor(options) {
    this.#options = options;
    this.#again = options.again ?? 'Connect again';
    const line = options.status;
    this.#words = line.appendChild(document.createElement('span'));
    this.#words.setAttribute('role', 'status'); // read out when it changes: not the countdown
    this.#countdown = line.appendChild(document.createElement('span'));
    this.#countdown.className = 'countdown';
    this.#countdown.setAttribute('aria-hidden', 'true');
    this.#now = line.appendChild(document.createElement('button'));
    this.#now.type = 'button';
    this.#now.hidden = true;
    this.#now.addEventListener('click', () => this.connect());
    addEventListener('online', () => this.#hurry());
    document.addEventListener('visibilitychange', () => document.hidden || this.#hurry());
    // A page that is put away to come back at once must not hold a connection.
    addEventListener('pagehide', () => this.#leave());
    addEventListener('pageshow', (event) => event.persisted && this.#wanted && this.connect());
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connects afresh, whatever was before. */
  connect() {
    this.#leave();
    this.#wanted = true;
    this.#say('connecting', 'Connecting…');
    const socket = new WebSocket(
        endpoint(this.#options.path()), this.#options.protocols?.() ?? []);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    // What an older socket has yet to say is of no interest: it fails the comparison.
    socket.onopen = () => this.#socket === socket && this.#opened(socket);
    socket.onmessage = (event) => {
      if (this.#socket === socket) {
        this.#listen();
        this.#options.onMessage?.(event.data);
      }
    };
    socket.onclose = (event) => this.#socket === socket && this.#closed(event);
  }

  /** Sends if it can; says whether it could. */
  send(data) {
    if (!this.isOpen) {
      return false;
    }
    this.#socket.send(data);
    return true;
  }

  /** Closes for good: until connect is called. */
  close(code, reason) {
    this.#wanted = false;
    if (this.#socket) {
      this.#say('connecting', 'Closing…');
      this.#socket.close(code, reason);
    } else {
      this.#leave();
      this.#say('closed', 'Closed', this.#again);
    }
  }

  /** From now on a close by the server is for good, too. */
  expectClose() {
    this.#wanted = false;
  }

  #opened(socket) {
    this.#say('open', socket.protocol ? `Connected, speaking ${socket.protocol}` : 'Connected');
    this.#after('steady', STEADY_AFTER, () => (this.#failures = 0));
    this.#listen();
    this.#options.onOpen?.(socket);
  }

  #closed(event) {
    this.#leave();
    const why = event.reason ? `${event.code}: ${event.reason}` : event.code;
    if (!this.#wanted || event.code === POLICY_VIOLATION) {
      this.#wanted = false;
      this.#say('closed', `Closed (${why})`, this.#again);
    } else {
      this.#retry(`Connection lost (${why}).`);
    }
    this.#options.onDown?.(event);
  }

  #retry(why) {
    const pause = pauseAfter(this.#failures++);
    const at = performance.now() + pause;
    this.#say('waiting', `${why} Reconnecting, attempt ${this.#failures}.`, 'Try now');
    const tick = () => {
      const left = Math.max(0, Math.ceil((at - performance.now()) / 1000));
      this.#countdown.textContent = `in ${left} s`;
      this.#after('countdown', 250, tick);
    };
    tick();
    this.#after('retry', pause, () => this.connect());
  }

  /** Somebody looks, or the network is back: no need to sit the pause out. */
  #hurry() {
    if ('retry' in this.#timers) {
      this.connect();
    }
  }

  #listen() {
    if (this.#options.quietAfter) {
      this.#after('quiet', this.#options.quietAfter, () => {
        this.#leave();
        this.#retry('The server has gone quiet.');
        this.#options.onDown?.();
      });
    }
  }

  #leave() {
    Object.keys(this.#timers).forEach((name) => this.#stop(name));
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #after(name, milliseconds, task) {
    this.#stop(name);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      task();
    }, milliseconds);
  }

  #stop(name) {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }

  #say(state, words, button = '') {
    this.#options.status.dataset.state = state;
    this.#words.textContent = words;
    this.#countdown.textContent = '';
    this.#now.hidden = !button;
    this.#now.textContent = button;
  }
}
