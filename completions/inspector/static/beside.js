// The exchange beside the list, where the window has the room for it.

import { Detail } from "./detail.js";
import { find, root } from "./dom.js";

const SETTLES = 120; // milliseconds after which a row that keys went to is shown
const ROOM = matchMedia("(min-width: 1000px)");

export class Beside {
  #waiting;

  /** `onChange(id)` is told what is open, or null. */
  constructor(place, onChange) {
    this.place = place;
    this.onChange = onChange;
    this.detail = new Detail(find("#exchange", place));
    this.id = place.dataset.id || null;
    ROOM.addEventListener("change", () => this.start());
  }

  get hasRoom() {
    return ROOM.matches;
  }

  /** Show what the address names; where there is no room for it, on its own page. */
  start() {
    if (!this.id) return;
    if (this.hasRoom) this.open(this.id);
    else location.replace(`${root}inspector/exchanges/${encodeURIComponent(this.id)}`);
  }

  open(id, { soon = false } = {}) {
    this.id = id;
    this.place.hidden = false;
    this.place.parentElement.classList.add("is-split");
    find("#whole", this.place).href = `${root}inspector/exchanges/${encodeURIComponent(id)}`;
    this.onChange(id);
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => { this.place.scrollTop = 0; this.detail.open(id); }, soon ? SETTLES : 0);
  }

  close() {
    clearTimeout(this.#waiting);
    this.detail.player?.stop();
    this.id = null;
    this.place.hidden = true;
    this.place.parentElement.classList.remove("is-split");
    this.onChange(null);
  }
}
