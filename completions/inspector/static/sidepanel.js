// The panel beside the list that shows an exchange, in windows that are wide enough.

import { Detail } from "./detail.js";
import { find, root } from "./dom.js";

const OPEN_DELAY = 120; // milliseconds until a row that was selected with keys is shown
const WIDE_WINDOW = matchMedia("(min-width: 1000px)");

export class SidePanel {
  #waiting;

  /** `onChange(id)` is called with the id of the open exchange, or null. */
  constructor(place, onChange) {
    this.place = place;
    this.onChange = onChange;
    this.detail = new Detail(find("#exchange", place));
    this.id = place.dataset.id || null;
    WIDE_WINDOW.addEventListener("change", () => this.start());
  }

  get hasRoom() {
    return WIDE_WINDOW.matches;
  }

  /** Open the exchange in the address; in a narrow window, on its own page. */
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
    this.#waiting = setTimeout(() => { this.place.scrollTop = 0; this.detail.open(id); }, soon ? OPEN_DELAY : 0);
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
