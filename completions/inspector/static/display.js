// The formatting of facts, the same on all pages.

import { readJson } from "./json.js";

export const ms = (value) =>
  value === null || value === undefined ? "" : value < 10 ? `${value.toFixed(1)} ms` : value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;

export const cost = (value) =>
  value === null || value === undefined ? "" : value === 0 ? "$0" : value < 0.000001 ? "< $0.000001" : value < 0.01 ? `$${value.toFixed(6)}` : `$${value.toFixed(4)}`;

export const count = (value) => (value === null || value === undefined ? "" : String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f"));

/** The size and type of data in base64. */
export const sizeOf = (base64, type) => `${count(Math.floor((base64.replace(/=+$/, "").length * 3) / 4))} bytes of ${type || "data"}`;

/** A script's text for people: JSON in one line, as programs push it, gets lines. */
export function inLines(text) {
  if (!/^\s*\{.*\}\s*$/.test(text)) return text;
  try {
    return JSON.stringify(readJson(text), null, 2);
  } catch {
    return text;
  }
}

/** The colour of a status: ok, warn (the client's fault), bad (the server's, or none at all). */
export const tone = (status) => (status >= 200 && status < 400 ? "ok" : status >= 400 && status < 500 ? "warn" : "bad");

/** What a body says: a document, or a list of those that stand in its lines, as the results of batches; else undefined. */
export function jsonOf({ body, encoding }) {
  if (encoding === "json") return body;
  if (encoding !== "text" || !body.startsWith("{")) return undefined;
  try { return body.trim().split("\n").map((line) => readJson(line)); } catch { return undefined; }
}
