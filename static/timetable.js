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
  for (const entry of table.querySelectorAll(".entry[data-at]")) {
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
