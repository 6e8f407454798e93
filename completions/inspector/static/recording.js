// What is recorded and replayed: whether, a dialog to start it, and a button to stop it.

import { call } from "./api.js";
import { find, say } from "./dom.js";

const field = (name) => find(`#recording-${name}`);
const button = find("#record");
const dialog = find("#recording");

let state = { recording: null, root: null, pushed: false };

function show(found) {
  state = found;
  const { recording, root: top } = found;
  button.hidden = top === null && !recording;
  button.disabled = top === null;
  button.setAttribute("aria-pressed", String(Boolean(recording)));
  button.textContent = !recording ? "Record" : recording.records ? "Stop recording" : "Stop playing";
  button.title = recording ? `${recording.mode}: ${recording.folder}, ${recording.requests} requests` : "Record another server's answers";
  field("root").textContent = top ?? "";
}

/** A folder without the one that the server was started with, below which it is. */
const below = ({ folder }, top) => (folder.startsWith(`${top}/`) ? folder.slice(top.length + 1) : "");

async function toggle() {
  if (!state.recording) {
    field("problem").textContent = "";
    dialog.showModal();
    return;
  }
  const { folder } = state.recording;
  try {
    show(state.pushed ? await call("DELETE", "recording") : await call("PUT", "recording", "null"));
    say(`Stopped: ${folder}.`);
  } catch (error) {
    say(error.message);
  }
}

async function start(event) {
  event.preventDefault();
  const given = { upstream: field("upstream").value.trim(), folder: field("folder").value.trim(), mode: field("mode").value };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value));
  try {
    show(await call("PUT", "recording", JSON.stringify(named)));
    dialog.close();
    say(`${state.recording.records ? "Recording" : "Playing"}: ${below(state.recording, state.root) || state.recording.folder}.`);
  } catch (error) {
    field("problem").textContent = error.message;
  }
}

button.addEventListener("click", toggle);
field("cancel").addEventListener("click", () => dialog.close());
field("form").addEventListener("submit", start);
call("GET", "recording").then(show).catch(() => {}); // without it the page is as before
