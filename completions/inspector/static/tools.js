// Tools as each API writes them, and as the playground's form has them: `{name, description, parameters}`.

const isOnly = (object, ...names) => Object.keys(object ?? {}).every((name) => names.includes(name));

/** Leave out what is not there. */
const given = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== ""));

/** Gemini refuses an object that has no properties. */
const isEmpty = (schema) => isOnly(schema, "type", "properties") && isOnly(schema?.properties);

const inFunction = {
  write: (tools) => tools.map((tool) => ({ type: "function", function: given(tool) })),
  read: ({ type, function: tool, ...rest }) => (type === "function" && isOnly(rest) ? tool : null),
};

const SHAPES = {
  chat: inFunction,
  ollama: inFunction,
  responses: {
    write: (tools) => tools.map((tool) => given({ type: "function", ...tool })),
    read: ({ type, ...tool }) => (type === "function" ? tool : null),
  },
  anthropic: {
    write: (tools) => tools.map(({ name, description, parameters }) => given({ name, description, input_schema: parameters ?? { type: "object", properties: {} } })),
    read: ({ type, input_schema: parameters, ...tool }) => (type === undefined ? given({ ...tool, parameters }) : null),
  },
  gemini: {
    write: (tools) => [{ functionDeclarations: tools.map(({ parameters, ...tool }) => given({ ...tool, parameters: isEmpty(parameters) ? undefined : parameters })) }],
    read: ({ functionDeclarations: declared, ...rest }) => (declared && isOnly(rest) ? declared : null),
  },
};

/** Say whether an API has tools. */
export const hasTools = (format) => format in SHAPES;

export const writeTools = (format, tools) => (tools.length && hasTools(format) ? { tools: SHAPES[format].write(tools) } : {});

/** Read the tools of a body; null where one of them is none that the form can show, as those that the API runs itself. */
export function readTools(format, tools) {
  if (tools === undefined) return [];
  if (!hasTools(format) || !Array.isArray(tools)) return null;
  const found = tools.flatMap((tool) => SHAPES[format].read(tool ?? {}));
  return found.every((tool) => typeof tool?.name === "string" && isOnly(tool, "name", "description", "parameters")) ? found : null;
}

export const TYPES = ["string", "number", "integer", "boolean"]; // lists and objects need more than a row: JSON

/** The JSON schema of a table of parameters. */
export function schemaOf(rows) {
  const properties = Object.fromEntries(rows.map(({ name, type, description }) => [name, given({ type, description })]));
  const required = rows.filter((each) => each.isRequired).map((each) => each.name);
  return { type: "object", properties, ...(required.length ? { required } : {}) };
}

/** The table of a JSON schema; null where it has more than the table can show. */
export function rowsOf(schema) {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schema;
  if (schema.type?.toLowerCase?.() !== "object" || !isOnly(schema, "type", "properties", "required") || !Array.isArray(required)) return null;
  const rows = Object.entries(properties).map(([name, each]) => ({ name, type: each.type, description: each.description ?? "", isRequired: required.includes(name) }));
  const isPlain = rows.every(({ name, type }) => TYPES.includes(type) && isOnly(properties[name], "type", "description"));
  return isPlain && required.every((name) => name in properties) ? rows : null;
}
