// Confirming by hand where the line comes and goes: what is said is first kept in this browser, then sent, each once by its
// key, in the order in which it was said. It is forgotten here only when the district has answered.
"use strict";

const root = document.querySelector("#hand");
const says = document.querySelector("#hand-says");
const words = root.dataset;
const KEPT = "loa-confirm";

function database() {
  return new Promise((done, fail) => {
    const asked = indexedDB.open(KEPT, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("said", { keyPath: "number", autoIncrement: true });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

async function queue(mode, ask) {
  const opened = await database();
  try {
    return await new Promise((done, fail) => {
      const deed = opened.transaction("said", mode, { durability: "strict" });
      const asked = ask(deed.objectStore("said"));
      deed.oncomplete = () => done(asked.result);
      deed.onabort = () => fail(deed.error);
    });
  } finally {
    opened.close();
  }
}

const waiting = () => queue("readonly", (said) => said.getAll());

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What a form says, as the API takes it.
function read(form, button) {
  const fields = new FormData(form);
  if (button?.name) fields.set(button.name, button.value);
  const detail = fields.get("detail")?.trim() || null;
  const said = { person: words.person, label: form.closest("li")?.querySelector("h3").textContent.trim() ?? "" };
  if (form.dataset.send === "fault") {
    const body = { station: fields.get("station"), kind: fields.get("kind"), detail, key: newKey() };
    return { ...said, path: "/api/v1/faults", body };
  }
  const airing = form.closest("[data-airing]").dataset.airing;
  const body = {
    outcome: fields.get("outcome"),
    cause: fields.get("cause"),
    detail,
    correction: fields.has("correction"),
    key: newKey(),
  };
  return { ...said, airing, path: `/api/v1/airings/${encodeURIComponent(airing)}/confirmation`, body };
}

let offline = false;
let mustSignIn = false;
const refused = [];

// Shows what waits, beside each airing and above all.
async function show() {
  const all = await waiting();
  const mine = all.filter((said) => said.person === words.person);
  for (const said of mine) {
    const entry = said.airing && root.querySelector(`[data-airing="${CSS.escape(said.airing)}"]`);
    if (!entry) continue;
    const state = document.createElement("span");
    state.className = "state warn";
    state.textContent = `${said.body.outcome === "aired" ? words.aired : words.missed} – ${words.waiting}`;
    entry.querySelector(".stands").replaceChildren(state);
    entry.querySelector(".asks")?.setAttribute("hidden", "");
  }
  const lines = [...refused];
  if (mustSignIn) lines.push(words.signIn);
  else if (offline) lines.push(words.offline);
  if (mine.length) lines.push(words.waits.replace("{count}", mine.length));
  if (all.length > mine.length) lines.push(words.ofOthers.replace("{count}", all.length - mine.length));
  says.textContent = lines.join(" ");
  says.hidden = lines.length === 0;
  says.dataset.waits = mine.length;
}

// Asks for the page anew: its truth, and the token of its forms. What somebody is filling in stays as it is.
async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#hand");
  if (!fresh || fresh.dataset.person !== words.person) return false;
  if (root.querySelector("details[open]")) {
    const token = fresh.querySelector('[name="form-token"]')?.value;
    for (const field of document.querySelectorAll('[name="form-token"]')) field.value = token ?? field.value;
  } else {
    root.querySelector(".sites").replaceWith(document.adoptNode(fresh.querySelector(".sites")));
  }
  return true;
}

async function post(said) {
  const token = document.querySelector('[name="form-token"]')?.value ?? "";
  const headers = { "content-type": "application/json", "loa-form": token };
  const answer = await fetch(said.path, { method: "POST", headers, body: JSON.stringify(said.body) });
  const problem = answer.ok ? null : await answer.json().catch(() => ({}));
  return { status: answer.status, problem };
}

// One browser window sends at a time; a second one would do no harm, because of the keys.
let sending = false;

async function send() {
  if (sending) return;
  sending = true;
  let isNews = false;
  try {
    for (const said of await waiting()) {
      if (said.person !== words.person) continue;
      let { status, problem } = await post(said);
      if (status === 401 || problem?.code === "foreign") {
        mustSignIn = !(await refresh());
        if (mustSignIn) return;
        ({ status, problem } = await post(said));
      }
      offline = false;
      mustSignIn = status === 401;
      if (status >= 500 || status === 401 || status === 408 || status === 429) return;
      if (problem) {
        const why = problem.code === "already-declared" ? words.other : `${words.refused} ${problem.detail ?? status}`;
        refused.push(`${said.label}: ${why}`);
      }
      await queue("readwrite", (all) => all.delete(said.number));
      isNews = true;
    }
    if (isNews || offline) await refresh();
    offline = false;
  } catch {
    offline = true;
  } finally {
    sending = false;
    await show();
    unhide();
  }
}

// An airing is asked about from its first frame on, also on a page that was kept hours ago.
function unhide() {
  for (const entry of root.querySelectorAll("[data-starts]")) {
    const ask = entry.querySelector(".asks");
    const waits = entry.querySelector(".stands .state.warn")?.textContent.includes(words.waiting);
    if (!ask || waits || Number(entry.dataset.starts) > Date.now()) continue;
    ask.hidden = false;
    const later = entry.querySelector(".stands .state.quiet");
    if (later) {
      later.className = "state warn";
      later.textContent = words.ask;
    }
  }
}

root.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.send) return;
  event.preventDefault();
  const said = read(form, event.submitter);
  try {
    await queue("readwrite", (all) => all.add(said));
  } catch {
    // Nothing can be kept in this browser: the form goes by itself, as without scripts.
    const field = Object.assign(document.createElement("input"), { type: "hidden" });
    field.name = event.submitter?.name ?? "";
    field.value = event.submitter?.value ?? "";
    form.append(field);
    form.submit();
    return;
  }
  form.reset();
  for (const open of root.querySelectorAll("details[open]")) open.open = false;
  await show();
  await send();
});

async function keepPage() {
  const kept = await caches.open(KEPT);
  const files = document.querySelectorAll('link[rel="stylesheet"], script[src]');
  const addresses = [location.href, ...Array.from(files, (file) => file.href || file.src)];
  await kept.addAll(addresses);
  for (const { url } of await kept.keys()) {
    if (url.includes("/static/") && !addresses.includes(url)) await kept.delete(url);
  }
  root.dataset.kept = "yes";
}

addEventListener("online", send);
addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());
setInterval(send, 20000);
send();
if ("serviceWorker" in navigator && "caches" in window) {
  const worker = navigator.serviceWorker;
  worker.register("/confirm-worker.js", { scope: "/confirm" }).then(() => worker.ready).then(keepPage).catch(() => {});
}
