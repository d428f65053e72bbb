// Shows how far a report is while the browser downloads it. Without scripts it downloads all the same.
"use strict";

const form = document.querySelector("form.reports");
const status = document.querySelector(".making");
const bar = status.querySelector("progress");
const says = status.querySelector("span");
const PAUSE = 500;
// A download that is not known yet may still be on its way to the server.
const PATIENCE = 4;

const watch = async (ticket, patience) => {
  const answer = await fetch(`/reports/progress/${ticket}`);
  const { done, all } = answer.ok ? await answer.json() : {};
  if (done === null || done === undefined) {
    if (patience > 0) return setTimeout(() => watch(ticket, patience - 1), PAUSE);
    bar.hidden = true;
    says.textContent = status.dataset.done;
    return;
  }
  if (all > 0) {
    bar.max = all;
    bar.value = done;
    says.textContent = status.dataset.days.replace("{done}", done).replace("{all}", all);
  }
  setTimeout(() => watch(ticket, 0), PAUSE);
};

form.addEventListener("submit", (event) => {
  if (event.submitter?.name !== "as") return;
  let ticket = form.querySelector("input[name=ticket]");
  if (!ticket) {
    ticket = document.createElement("input");
    ticket.type = "hidden";
    ticket.name = "ticket";
    form.append(ticket);
  }
  ticket.value = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  bar.hidden = false;
  bar.removeAttribute("value");
  says.textContent = "";
  status.hidden = false;
  setTimeout(() => watch(ticket.value, PATIENCE), PAUSE);
});
