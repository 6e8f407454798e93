// What every page needs of the document. Content goes in as text, never as markup.

export const root = document.body.dataset.root;
export const namespace = document.body.dataset.namespace;
export const find = (selector, within = document) => within.querySelector(selector);

/** Make an element: `make("p", {class: "muted", onclick: f}, "text", child)`. What is null or false is left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The same for SVG, whose sizes are attributes. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Show other children, unless they look the same; what had the focus has it again where it is there. */
export function renew(place, ...items) {
  const old = [...place.childNodes];
  if (old.length === items.length && old.every((each, index) => each.isEqualNode(items[index]))) return;
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  place.replaceChildren(...items);
  if (focused) [...place.querySelectorAll(focused.localName)].find((each) => each.isEqualNode(focused))?.focus();
}

let silence;

/** Tell the reader something, for three seconds. */
export function say(text) {
  const place = find("#said");
  place.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { place.textContent = ""; }, 3000);
}

/** Put a text on the clipboard. Pages that are not from this machine and not by HTTPS have to select it first. */
export async function copy(text, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { class: "hidden", readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(what);
}
