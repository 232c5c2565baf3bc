// Keys, live progress, live verification. Every page works without this file.
(function () {
  "use strict";

  var row = -1;

  function rows() {
    return Array.prototype.filter.call(document.querySelectorAll("[data-row]"), function (item) {
      return item.getClientRects().length > 0;
    });
  }

  function go(step) {
    var all = rows();
    if (!all.length) return;
    row = Math.max(0, Math.min(all.length - 1, row + step));
    all.forEach(function (item, place) { item.classList.toggle("current", place === row); });
    var link = all[row].querySelector("[data-open]");
    (link || all[row]).focus();
    all[row].scrollIntoView({ block: "nearest" });
  }

  var places = { o: "/", s: "/search", h: "/hits", e: "/evidence", j: "/jobs" };
  var waiting = 0;

  function onKey(event) {
    var target = event.target;
    var typing = target instanceof Element && target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && typing) { target.blur(); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (Date.now() - waiting < 1200 && places[event.key]) {
      waiting = 0;
      if (document.querySelector('.side a[href="' + places[event.key] + '"]')) window.location.assign(places[event.key]);
      return;
    }
    waiting = 0;
    if (event.key === "g") waiting = Date.now();
    else if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "?") document.getElementById("keys").showModal();
    else if (event.key === "/") {
      var box = document.getElementById("find");
      if (!box) return;
      event.preventDefault();
      box.focus();
      box.select();
    }
  }

  // Progress of a job: an event stream, and polling where streams do not come through.
  function follow(box) {
    function show(html) { box.innerHTML = html; if (window.htmx) window.htmx.process(box); }
    function poll() {
      fetch(box.dataset.poll, { headers: { "HX-Request": "true" } }).then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        var over = answer.headers.get("X-Live-State") === "end";
        return answer.text().then(function (html) { show(html); if (!over) setTimeout(poll, 3000); });
      }).catch(function () { setTimeout(poll, 6000); });
    }
    if (!window.EventSource) { poll(); return; }
    var source = new EventSource(box.dataset.events);
    source.addEventListener("progress", function (event) { show(event.data); });
    source.addEventListener("end", function (event) { source.close(); show(event.data); });
    source.onerror = function () { source.close(); poll(); };
  }

  // A form whose answer is an event stream: steps are added to a list as they are done.
  function stream(form) {
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var list = document.querySelector(form.dataset.stream);
      var verdict = document.getElementById(list.id + "-verdict");
      var button = form.querySelector("button");
      list.innerHTML = "";
      verdict.innerHTML = "";
      button.disabled = true;
      fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "text/event-stream" }
      }).then(function (answer) {
        if (!answer.ok || !answer.body) throw new Error(String(answer.status));
        return read(answer.body.getReader(), function (kind, data) {
          if (kind === "step") list.insertAdjacentHTML("beforeend", data);
          else if (kind === "verdict") verdict.innerHTML = data;
          else if (kind === "standing" && document.getElementById(kind)) document.getElementById(kind).innerHTML = data;
        });
      }).catch(function (error) {
        verdict.textContent = String(error.message || error);
        verdict.className = "alert";
      }).finally(function () { button.disabled = false; });
    });
  }

  function read(reader, take) {
    var decoder = new TextDecoder();
    var text = "";
    function more() {
      return reader.read().then(function (part) {
        text += part.done ? "" : decoder.decode(part.value, { stream: true });
        var blocks = text.replace(/\r\n/g, "\n").split("\n\n");
        text = blocks.pop();
        blocks.forEach(function (block) {
          var kind = "message";
          var data = [];
          block.split("\n").forEach(function (line) {
            if (line.indexOf("event:") === 0) kind = line.slice(6).trim();
            else if (line.indexOf("data:") === 0) data.push(line.slice(5).replace(/^ /, ""));
          });
          if (data.length) take(kind, data.join("\n"));
        });
        return part.done ? undefined : more();
      });
    }
    return more();
  }

  // One box that ticks all of a name on the page.
  function tickAll(box) {
    box.addEventListener("change", function () {
      document.querySelectorAll('input[type="checkbox"][name="' + box.dataset.tickAll + '"]').forEach(function (one) {
        one.checked = box.checked;
      });
    });
  }

  document.addEventListener("keydown", onKey);
  document.querySelectorAll("[data-tick-all]").forEach(tickAll);
  document.querySelectorAll("[data-events]").forEach(follow);
  document.querySelectorAll("form[data-stream]").forEach(stream);
  if (window.matchMedia("(max-width: 899px)").matches) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) { menu.removeAttribute("open"); });
  }
  document.body.addEventListener("htmx:afterSwap", function () {
    row = -1;
    var live = document.getElementById("live");
    live.textContent = live.dataset.moved;
  });
  document.body.addEventListener("htmx:beforeSwap", function (event) {
    // Refusals carry a page of their own: show it instead of dropping it silently.
    if (event.detail.xhr.status >= 400 && event.detail.xhr.status !== 401) event.detail.shouldSwap = true;
  });
})();
