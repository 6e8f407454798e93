// The tools of the playground's form: for each its name, what it does, and its parameters as a table or as a JSON schema.

import { find, make } from "./dom.js";
import { readJson } from "./json.js";
import { FormError } from "./messages.js";
import { TYPES, rowsOf, schemaOf } from "./tools.js";

const NAME = "get_weather";

function input(name, label, value, attributes = {}) {
  const element = make("input", { class: name, "aria-label": label, placeholder: label, autocomplete: "off", ...attributes });
  element.value = value;
  return element;
}

const button = (text, onclick, attributes = {}) => make("button", { type: "button", class: "small", onclick, ...attributes }, text);

function parameter({ name = "", type = "string", description = "", isRequired = true } = {}) {
  const select = make("select", { class: "type", "aria-label": "Type" }, ...TYPES.map((each) => make("option", {}, each)));
  select.value = type;
  const required = make("input", { type: "checkbox", class: "required", checked: isRequired });
  const item = make("li", { class: "parameter" },
    input("name mono", "Parameter", name, { spellcheck: "false" }), select, input("description", "What it is", description, { dir: "auto" }),
    make("label", { class: "check" }, required, "Required"),
    button("Remove", () => item.remove(), { class: "plain small", "aria-label": "Remove this parameter" }));
  return item;
}

function readParameter(item) {
  const place = find(".name", item);
  const name = place.value.trim();
  if (!name) throw new FormError("A parameter needs a name.", place);
  return { name, type: find(".type", item).value, description: find(".description", item).value.trim(), isRequired: find(".required", item).checked };
}

function readSchema(place) {
  try {
    const schema = readJson(place.value);
    if (typeof schema === "object" && schema !== null && !Array.isArray(schema)) return schema;
  } catch { /* said below */ }
  throw new FormError("The parameters of a tool must be a JSON object.", place);
}

/** A tool's fields; its parameters are a table as long as that can show them. */
class Tool {
  constructor({ name = "", description = "", parameters } = {}, onRemove) {
    this.rows = make("ol", { class: "parameters" });
    this.json = make("textarea", { rows: 8, "aria-label": "Parameters, as a JSON schema", spellcheck: "false" });
    this.toTable = button("Table", () => this.showTable());
    this.toJson = button("JSON schema", () => this.showJson());
    this.more = button("Add a parameter", () => { const item = parameter(); this.rows.append(item); find(".name", item).focus(); });
    this.note = make("span", { class: "muted help", role: "status" });
    this.item = make("li", { class: "tool" },
      make("div", { class: "row" }, input("tool-name mono", "Name", name, { spellcheck: "false", list: null }), button("Remove", () => { this.item.remove(); onRemove(this); }, { class: "plain small end", "aria-label": "Remove this tool" })),
      input("tool-description", "What the tool does", description, { dir: "auto" }),
      make("div", { class: "row", role: "group", "aria-label": "Parameters as" }, make("span", { class: "muted" }, "Parameters"), this.toTable, this.toJson, this.note),
      this.rows, this.json, this.more);
    this.show(parameters ?? schemaOf([]));
  }

  get isTable() {
    return this.json.hidden;
  }

  /** Show a schema in the table; where it has more than that can show, as JSON. */
  show(schema) {
    const rows = rowsOf(schema);
    this.rows.replaceChildren(...(rows ?? []).map(parameter));
    this.json.value = JSON.stringify(schema, null, 2);
    this.#turn(rows !== null);
  }

  showTable() {
    if (this.isTable) return;
    try {
      this.show(readSchema(this.json));
      this.note.textContent = this.isTable ? "" : "The schema has more than the table can show.";
    } catch (error) {
      this.note.textContent = error.message;
    }
  }

  showJson() {
    if (!this.isTable) return;
    try {
      this.json.value = JSON.stringify(this.schema(), null, 2);
      this.#turn(false);
    } catch (error) {
      this.note.textContent = error.message;
    }
  }

  schema() {
    return this.isTable ? schemaOf([...this.rows.children].map(readParameter)) : readSchema(this.json);
  }

  read() {
    const place = find(".tool-name", this.item);
    const name = place.value.trim();
    if (!name) throw new FormError("A tool needs a name.", place);
    return { name, description: find(".tool-description", this.item).value.trim(), parameters: this.schema() };
  }

  #turn(isTable) {
    this.rows.hidden = this.more.hidden = !isTable;
    this.json.hidden = isTable;
    this.toTable.setAttribute("aria-pressed", String(isTable));
    this.toJson.setAttribute("aria-pressed", String(!isTable));
    this.note.textContent = "";
  }
}

export class Tools {
  #tools = [];

  /** `list` has the tools, `button` adds one, and `count` says how many there are. */
  constructor(list, button, count) {
    Object.assign(this, { list, button, count });
    button.addEventListener("click", () => {
      const tool = this.#add(this.#tools.length ? {} : { name: NAME, parameters: schemaOf([{ name: "city", type: "string", isRequired: true }]) });
      find(".tool-name", tool.item).select();
    });
  }

  get value() {
    return this.#tools.map((each) => each.read());
  }

  set value(tools) {
    this.#tools = [];
    this.list.replaceChildren();
    tools.forEach((each) => this.#add(each));
    this.#tell();
  }

  #add(given) {
    const tool = new Tool(given, (gone) => { this.#tools = this.#tools.filter((each) => each !== gone); this.#tell(); this.button.focus(); });
    this.#tools.push(tool);
    this.list.append(tool.item);
    this.#tell();
    return tool;
  }

  #tell() {
    this.count.textContent = this.#tools.length ? String(this.#tools.length) : "";
  }
}
