// Makes the pages live. Without it everything still works, by plain forms and reloading.
"use strict";
(() => {
  const live = document.getElementById("live");
  const byId = (id) => document.getElementById(id);
  const say = (id, text) => {
    const element = byId(id);
    if (element && element.textContent !== text) element.textContent = text;
    if (id === "notice" && element) element.hidden = text === "";
  };

  // --- times in the reader's own zone, and minutes that count down

  const sameDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const otherDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const left = (seconds) => {
    if (seconds <= 0) return "now";
    const minutes = Math.floor(seconds / 60);
    if (minutes < 1) return "in under a minute";
    if (minutes < 60) return `in ${minutes} min`;
    const hours = Math.floor(minutes / 60);
    if (hours >= 48) return `in ${Math.floor(hours / 24)} days`;
    return minutes % 60 ? `in ${hours} h ${minutes % 60} min` : `in ${hours} h`;
  };
  const showTimes = (root) => {
    for (const time of root.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      const isToday = at.toDateString() === new Date().toDateString();
      const text = "until" in time.dataset
        ? left((at - Date.now()) / 1000)
        : (isToday ? sameDay : otherDay).format(at);
      if (time.textContent !== text) time.textContent = text;
      time.title = at.toLocaleString();
    }
  };

  // --- swapping in what changed, piece by piece

  const atBottom = () => {
    const page = document.scrollingElement;
    return page.scrollHeight - page.scrollTop - page.clientHeight < 120;
  };
  const toBottom = () => {
    const page = document.scrollingElement;
    page.scrollTop = page.scrollHeight;
  };
  // A piece is kept while its version is the same: focus, selection and opened details stay. One whose
  // form was sent is renewed, for its key is used up.
  const isSame = (old, piece) =>
    old.dataset.v === piece.dataset.v && !old.querySelector("form[data-sent]");
  const swap = (pieces) => {
    const stick = "stick" in live.dataset && atBottom();
    const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
    const wanted = new Set([...pieces].map((piece) => piece.id));
    for (const old of [...live.children]) if (!wanted.has(old.id)) old.remove();
    let place = live.firstElementChild;
    for (const piece of [...pieces]) {
      const old = byId(piece.id);
      if (old && live.contains(old) && isSame(old, piece)) {
        if (old !== place) live.insertBefore(old, place);
        place = old.nextElementSibling;
        continue;
      }
      if (old && old === place) place = old.nextElementSibling;
      if (old && live.contains(old)) old.remove();
      live.insertBefore(piece, place);
      showTimes(piece);
    }
    if (focused && document.activeElement.id !== focused) byId(focused)?.focus({ preventScroll: true });
    if (stick) toBottom();
  };
  const fragmentOf = (html) => new DOMParser().parseFromString(html, "text/html").body.children;

  // --- forms that stay on the page

  const post = async (form) => {
    const button = form.querySelector("button");
    const data = new URLSearchParams(new FormData(form));
    form.setAttribute("data-sent", "");
    button.setAttribute("aria-disabled", "true");
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("live");
      if (!answer.ok || !fresh) {
        const title = page.querySelector("h1")?.textContent ?? "That did not work";
        say("notice", `${title}. ${page.getElementById("words")?.textContent ?? ""}`);
        form.removeAttribute("data-sent");
        return;
      }
      say("notice", "");
      live.dataset.seen = fresh.dataset.seen;
      swap(fresh.children);
      if ("composer" in form.dataset) {
        form.text.value = "";
        form.key.value = page.querySelector("[data-composer] [name=key]").value;
        form.removeAttribute("data-sent");
        toBottom();
      }
    } catch {
      // The key is kept: sending it again is the same event, should the first one have arrived.
      form.removeAttribute("data-sent");
      say("notice", "Countersign could not be reached. Press the button again; a request that did arrive is not done twice.");
    } finally {
      button.removeAttribute("aria-disabled");
    }
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("data-sent")) return event.preventDefault();
    if (!live || !("swap" in form.dataset)) return;
    event.preventDefault();
    post(form);
  });

  const text = document.querySelector("[data-composer] textarea");
  if (text) {
    byId("hint").hidden = false;
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (text.value.trim()) text.form.requestSubmit();
    });
  }

  // --- the stream

  const showWaiting = (count) => {
    const badge = byId("waiting");
    if (!badge) return;
    const number = badge.querySelector(".number");
    const shown = count > 99 ? "99+" : String(count);
    if (!badge.hidden || count > 0) {
      if (count > Number.parseInt(number.textContent, 10)) {
        say("announce", count === 1 ? "1 approval is waiting" : `${shown} approvals are waiting`);
      }
    }
    number.textContent = shown;
    badge.hidden = count === 0;
  };

  let source = null;
  let again = 0;
  const close = () => {
    clearTimeout(again);
    source?.close();
    source = null;
  };
  const open = () => {
    close();
    source = new EventSource(`${live.dataset.live}?seen=${encodeURIComponent(live.dataset.seen)}`);
    source.onopen = () => say("link-state", "");
    source.onerror = () => {
      say("link-state", "Reconnecting …");
      // Refused for good (signed out, server stopping): the browser gives up, so this tries anew.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, 3000);
    };
    source.addEventListener("fragment", (event) => {
      live.dataset.seen = event.lastEventId;
      swap(fragmentOf(JSON.parse(event.data)));
    });
    source.addEventListener("waiting", (event) => showWaiting(Number(event.data)));
    source.addEventListener("trouble", () =>
      say("link-state", "The store cannot be read right now, so this page may be old."));
    source.addEventListener("fine", () => say("link-state", ""));
    source.addEventListener("signed-out", () => location.reload());
  };

  // On a phone the picked person may be out of sight.
  document.querySelector(".people [aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "center" });

  showTimes(document);
  setInterval(() => showTimes(document), 15000);
  if (live) {
    if ("stick" in live.dataset) toBottom();
    open();
    // A hidden tab needs no stream; browsers allow only six to one host.
    document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
    window.addEventListener("pagehide", close);
  }
})();
