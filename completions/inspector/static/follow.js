// Being told when exchanges end, for pages that then count anew: soon, but not all the time.

import { root } from "./dom.js";

const EVERY = 2000; // milliseconds from one look to the next, at the least
const REST = 15; // and as many times as long as the last look took, so that looking costs the mock next to nothing

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
    source = new EventSource(`${root}exchanges/events`);
    source.onopen = () => { state("live"); soon(); };
    source.onerror = () => state("lost");
    source.onmessage = soon;
    source.addEventListener("lost", soon);
  }

  document.addEventListener("visibilitychange", listen);
  listen();
  return now;
}
