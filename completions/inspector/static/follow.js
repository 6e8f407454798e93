// Being told when exchanges end, for pages that then count anew: soon, but not all the time.

import { root } from "./dom.js";

const EVERY = 2000; // milliseconds from one look to the next, at the least
const AGAIN = 3000; // milliseconds after which a connection that was refused is tried again
const REST = 15; // and as many times as long as the last look took, so that looking costs the mock next to nothing

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
    if (source.readyState === EventSource.CLOSED) setTimeout(retry, AGAIN);
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
    next = Date.now() + Math.max(EVERY, REST * (Date.now() - began));
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
