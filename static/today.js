// Keeps the day up to date: when the server has news, the page is asked for anew, and the rows that differ are changed.
"use strict";

(() => {
  const day = () => document.querySelector("#day");
  let lostAt = null;
  let asking = false;
  let again = false;

  const time = () => new Date().toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" });

  const lost = (is) => {
    const says = document.querySelector("#lost");
    lostAt = is ? lostAt ?? time() : null;
    says.hidden = !is;
    says.textContent = is ? day().dataset.lost.replace("{time}", lostAt) : "";
    document.querySelector("#day .live").hidden = is;
  };

  // Whatever somebody is filling in or reading stays where it is: only what differs is put in place.
  const renew = (old, fresh) => {
    const rows = new Map([...old.querySelectorAll("tr[id]")].map((row) => [row.id, row]));
    const body = old.querySelector(".board tbody");
    const coming = fresh.querySelector(".board tbody");
    const head = (of) => of.querySelector(".board thead")?.outerHTML;
    if (body && coming && head(old) === head(fresh)) {
      for (const row of [...coming.children]) {
        const known = rows.get(row.id);
        if (known && known.outerHTML === row.outerHTML) row.replaceWith(known);
      }
      body.replaceChildren(...coming.children);
    } else {
      part(old, fresh, ".board");
    }
    for (const selector of ["h1", ".strip", ".alarms"]) part(old, fresh, selector);
  };

  const part = (old, fresh, selector) => {
    const [was, is] = [old.querySelector(selector), fresh.querySelector(selector)];
    if (!was || !is) {
      if (Boolean(was) !== Boolean(is)) location.reload();
    } else if (was.outerHTML !== is.outerHTML) {
      was.replaceWith(is);
    }
  };

  const ask = async () => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("#day");
      if (!fresh) {
        // Signed out, most likely: the page itself says so.
        if (answer.ok) location.reload();
        else lost(true);
        return;
      }
      renew(day(), fresh);
      begun = performance.now();
      lost(false);
    } catch {
      lost(true);
    } finally {
      asking = false;
      if (again) {
        again = false;
        ask();
      }
    }
  };

  let begun = performance.now();
  const tick = () => {
    const clock = document.querySelector("#day .clock");
    const seconds = (Number(clock.dataset.seconds) + Math.floor((performance.now() - begun) / 1000)) % 86400;
    const two = (number) => String(number).padStart(2, "0");
    clock.textContent = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => two(Math.floor(part))).join(":");
  };
  setInterval(tick, 1000);

  const news = new EventSource("/api/v1/news");
  news.addEventListener("open", () => {
    document.querySelector("#day .live").hidden = false;
    if (lostAt) ask();
  });
  news.addEventListener("changed", ask);
  news.addEventListener("error", () => {
    lost(true);
    // Where the browser has given the line up, the page still asks now and then.
    if (news.readyState === EventSource.CLOSED) setInterval(ask, 15000);
  });
  addEventListener("pagehide", () => news.close());

  for (const select of document.querySelectorAll(".filter select")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
})();
