// The service worker of a web client of Moim, as far as pushes go: import it from your own worker
// (importScripts) or register it as it is. What it understands is docs/protocols/push.md.
"use strict";

self.addEventListener("push", (event) => {
  event.waitUntil(show(event.data ? event.data.json() : {}));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

async function show(push) {
  // Whoever looks at the channel right now has it on the screen already: tell the page instead.
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const looking = pages.find((page) => page.visibilityState === "visible" && page.focused);
  for (const page of pages) page.postMessage({ type: "moim.push", push });
  if (looking && push.data && looking.url.endsWith(place(push.data.path))) return;
  // Not waited for: showing matters more.
  if (self.navigator.setAppBadge) self.navigator.setAppBadge(push.badge || 0).catch(() => {});
  await self.registration.showNotification(push.title || "Moim", {
    body: push.body || "",
    tag: push.tag,
    renotify: Boolean(push.tag),
    image: push.image || undefined,
    requireInteraction: push.kind === "ring",
    data: { link: push.link, path: push.data ? push.data.path : "/" },
  });
}

// The channel of a path that may end with a message.
function place(path) {
  return (path || "/").split("/").slice(0, 4).join("/");
}

async function open(data) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const ours = pages.find((page) => new URL(page.url).origin === self.location.origin);
  if (ours) {
    ours.postMessage({ type: "moim.open", path: data.path });
    return ours.focus();
  }
  return self.clients.openWindow(data.link || data.path || "/");
}
