// Notification of ended exchanges, for pages that then query again, at limited intervals.

import { root } from "./dom.js";

const MIN_INTERVAL = 2000; // the fewest milliseconds between two queries
const RETRY_DELAY = 3000; // milliseconds until a refused connection is tried again
const REST_FACTOR = 15; // the pause as a multiple of the duration of the last query, so that the load on the mock stays low

/**
 * Call `tell` when a connection is lost. To one that was answered with an error a browser does not come back: `again` is
 * called for it, unless it is refused for good, as without a journal.
 */
export function whenLost(source, tell, again) {
  const retry = async () => {
    const { status } = await fetch(source.url, { method: "HEAD" }).catch(() => ({ status: 0 }));
    if (status === 401) location.reload(); // the sign-in form stands there
    else if (status < 400 || status >= 500) again();
  };
  source.onerror = () => {
    tell();
    if (source.readyState === EventSource.CLOSED) setTimeout(retry, RETRY_DELAY);
  };
}

/**
 * Call `look` when exchanges have ended, and `state("live" or "lost")` as the connection goes. It returns a function
 * that has it called at once. A page that nobody looks at gives its connection back.
 */
export function follow(look, state = () => {}) {
  let next = 0;
  let waiting = null;
  let source = null;

  async function now() {
    const began = Date.now();
    await look();
    next = Date.now() + Math.max(MIN_INTERVAL, REST_FACTOR * (Date.now() - began));
  }

  function soon() {
    waiting ??= setTimeout(() => { waiting = null; now(); }, Math.max(0, next - Date.now()));
  }

  function listen() {
    source?.close();
    if (document.hidden) return;
    const mine = source = new EventSource(`${root}exchanges/events`);
    source.onopen = () => { state("live"); soon(); };
    source.onmessage = soon;
    source.addEventListener("lost", soon);
    whenLost(mine, () => state("lost"), () => mine === source && listen());
  }

  document.addEventListener("visibilitychange", listen);
  listen();
  return now;
}
