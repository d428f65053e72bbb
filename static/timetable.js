// Where scripts run, what is to air can be dragged to another day and hour; the page that opens then asks what is meant.
"use strict";

const table = document.querySelector(".week.movable");
if (table) {
  const idle = [...table.querySelectorAll("tr.idle")];
  const cells = [...table.querySelectorAll("td[data-to]")];
  let dragged = null;
  const end = () => {
    dragged = null;
    for (const row of idle) row.hidden = true;
    for (const cell of cells) cell.classList.remove("over");
  };
  for (const entry of table.querySelectorAll(".slot[data-at]")) {
    entry.draggable = true;
    for (const link of entry.querySelectorAll("a")) link.draggable = false;
    entry.addEventListener("dragstart", (event) => {
      dragged = entry;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", entry.dataset.at);
      // Hours at which nothing airs yet are places to drop too. A browser that sees the page change at once drops nothing.
      setTimeout(() => { if (dragged) for (const row of idle) row.hidden = false; });
    });
    entry.addEventListener("dragend", end);
  }
  for (const cell of cells) {
    cell.addEventListener("dragover", (event) => {
      if (!dragged) return;
      event.preventDefault();
      cell.classList.add("over");
    });
    cell.addEventListener("dragleave", () => cell.classList.remove("over"));
    cell.addEventListener("drop", (event) => {
      if (!dragged) return;
      event.preventDefault();
      const minutes = dragged.dataset.minutes.slice(2);
      const query = new URLSearchParams({
        schedule: dragged.dataset.schedule,
        at: dragged.dataset.at,
        to: cell.dataset.to + minutes,
      });
      end();
      location.assign(`/timetable/move?${query}`);
    });
  }
}

// A schedule's form shows what it would change while it is filled in, and only the fields that its kind of rule needs.
const form = document.querySelector("#schedule");
if (form) {
  const fields = [...form.querySelectorAll("[data-rhythm]")];
  const choose = () => {
    const chosen = form.elements.rhythm.value;
    for (const field of fields) field.hidden = field.dataset.rhythm !== chosen;
  };
  choose();
  let timer = 0;
  let asked = 0;
  const look = async () => {
    const number = ++asked;
    const body = new URLSearchParams(new FormData(form));
    body.set("act", "preview");
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const preview = page.querySelector("#preview");
      if (number !== asked || !preview) return;
      form.querySelector("#preview").replaceWith(document.adoptNode(preview));
      const seen = page.querySelector("input[name=seen]");
      if (answer.ok && seen) form.elements.seen.value = seen.value;
    } catch {
      // The button is still there.
    }
  };
  form.addEventListener("input", () => {
    choose();
    clearTimeout(timer);
    timer = setTimeout(look, 600);
  });
}
