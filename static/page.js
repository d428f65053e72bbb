// What every page does where scripts run: on a narrow screen the navigation folds into a button.
"use strict";

const button = document.querySelector(".top .menu");
const navigation = document.querySelector("#navigation");
if (button && navigation) {
  button.hidden = false;
  document.documentElement.classList.add("folds");
  button.addEventListener("click", () => {
    const opens = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(opens));
    navigation.classList.toggle("open", opens);
  });
}

// What the navigation opens over the page closes when one goes elsewhere.
const seldom = document.querySelector(".seldom");
if (seldom) {
  const leave = (to) => {
    if (to && !seldom.contains(to)) seldom.open = false;
  };
  addEventListener("pointerdown", (event) => leave(event.target));
  seldom.addEventListener("focusout", (event) => leave(event.relatedTarget));
  seldom.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    seldom.open = false;
    seldom.querySelector("summary").focus();
  });
}

// What was kept for a page without a line is not left to whoever has the device next.
document.querySelector('form[action="/sign-out"]')?.addEventListener("submit", () => {
  if ("caches" in window) caches.delete("loa-confirm");
});

// What is wider than the window is moved by keys too: where nothing in it takes the focus, it does so itself.
const reach = () => {
  for (const box of document.querySelectorAll(".scroll:not(:has(a, button, input, select, textarea, summary))")) {
    if (box.scrollWidth <= box.clientWidth) continue;
    box.tabIndex = 0;
    const head = box.closest("section, main").querySelector("h1, h2");
    if (box.hasAttribute("role") || !head) continue;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", head.textContent.trim());
  }
};
reach();
addEventListener("resize", reach);
// What a page puts in the place of what it showed, too.
new MutationObserver(reach).observe(document.querySelector("main"), { childList: true, subtree: true });
