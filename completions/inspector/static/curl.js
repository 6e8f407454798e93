// Commands of a shell that call curl, as requests: {method, path, headers, body}.

/** The words of a command up to where it is piped on; quotes and backslashes are taken as a shell does. */
function words(line) {
  const found = [];
  for (const [part, single, double, plain] of line.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|([^\s'"]+)|\s+/g)) {
    if (/^\s/.test(part)) { found.push(null); continue; }
    if (plain !== undefined && /^([|;]|\|\||&&|>.*)$/.test(plain)) break;
    const text = single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? plain;
    const isNew = !found.length || found.at(-1) === null;
    if (isNew) found.push(text);
    else found[found.length - 1] += text;
  }
  return found.filter((each) => each !== null);
}

const WITH_VALUE = /^(-o|-m|-u|--max-time|--retry|-w)$/;

function request([, ...rest]) {
  const found = { method: null, path: null, headers: [], body: null };
  while (rest.length) {
    const word = rest.shift();
    if (word === "-X" || word === "--request") found.method = rest.shift();
    else if (word === "-H" || word === "--header") found.headers.push(rest.shift());
    else if (/^(-d|--data|--data-raw|--json)$/.test(word)) found.body = rest.shift();
    else if (WITH_VALUE.test(word)) rest.shift();
    else if (/^https?:/.test(word)) { const url = new URL(word); found.path = url.pathname + url.search; }
    else if (/^-[a-zA-Z]*[GFT]|^--(data-urlencode|form|upload-file|unix-socket)/.test(word)) return null; // what a text cannot hold
  }
  if (!found.path || found.body?.startsWith("@")) return null;
  return { ...found, method: found.method ?? (found.body === null ? "GET" : "POST"), headers: found.headers.join("\n"), body: found.body ?? "" };
}

/** Return the requests of a text of a terminal, whose commands follow a `$`. */
export function commands(text) {
  const joined = text.replace(/\\\n/g, " ");
  const lines = joined.split("\n").filter((line) => line.startsWith("$ curl "));
  return lines.map((line) => request(words(line.slice(2)))).filter(Boolean);
}
