// An answer again, at the pace at which it went out.

export class Player {
  #frame = 0;

  /** `picture` is the timeline, whose cursor goes along. */
  constructor(button, talk, picture, exchange) {
    Object.assign(this, { button, talk, picture, exchange });
    button.onclick = () => (this.#frame ? this.stop() : this.play());
    button.hidden = exchange.duration_ms < 1;
  }

  /** The parts of the answer in their order: the element, and the milliseconds after which it was there. */
  #parts() {
    const answers = [...this.talk.querySelectorAll(".is-answer")];
    const end = this.exchange.duration_ms;
    return answers.flatMap((answer) => {
      const pieces = [...answer.querySelectorAll(".piece")].map((element) => ({ element, at: Number(element.dataset.at) }));
      const rest = [...answer.children].filter((each) => !each.matches(".turn-role") && !each.querySelector(".piece"));
      return [...pieces, ...rest.map((element) => ({ element, at: end }))];
    });
  }

  play() {
    this.talk.querySelectorAll(".unclamp").forEach((button) => button.click()); // what is folded is not seen to come
    const parts = this.#parts();
    parts.forEach(({ element }) => element.classList.add("is-to-come"));
    this.button.textContent = "Stop";
    const began = performance.now();
    const step = () => {
      const now = performance.now() - began;
      while (parts.length && parts.some(({ at }) => at <= now)) {
        parts.splice(parts.findIndex(({ at }) => at <= now), 1)[0].element.classList.remove("is-to-come");
      }
      this.picture.seek(now);
      if (now < this.exchange.duration_ms) this.#frame = requestAnimationFrame(step);
      else this.stop();
    };
    this.#frame = requestAnimationFrame(step);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.button.textContent = "Play";
    this.picture.seek(null);
    this.talk.querySelectorAll(".is-to-come").forEach((element) => element.classList.remove("is-to-come"));
  }
}
