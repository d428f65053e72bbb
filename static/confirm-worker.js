// Keeps the page of confirmations, and what it is made of, for when there is no line.
"use strict";

const KEPT = "loa-confirm";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// From the line where there is one; what was kept, where there is none.
async function newest(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok && answer.type === "basic" && !answer.redirected) {
      await kept.put(request.url, answer.clone());
    }
    return answer;
  } catch (error) {
    const found = (await kept.match(request.url)) ?? (await kept.match(request.url, { ignoreSearch: true }));
    if (found) return found;
    throw error;
  }
}

// The address of these has their hash in it: what was kept is what is there.
async function kept(request) {
  const found = await (await caches.open(KEPT)).match(request.url);
  return found ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === "/confirm") event.respondWith(newest(request));
  else if (pathname.startsWith("/static/")) event.respondWith(kept(request));
});
