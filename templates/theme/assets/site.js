/* Everything here is an addition: pages are complete without it. Classic script, no inline code, works from file://. */
(function () {
  "use strict";
  var root = document.documentElement;
  var KEY = "nearpass-theme";

  function remembered() {
    try { return localStorage.getItem(KEY); } catch (error) { return null; }
  }

  // Runs before the body is drawn, so that a chosen theme does not flash.
  if (remembered()) { root.dataset.theme = remembered(); }

  function all(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }

  function make(tag, attributes, text) {
    var element = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    if (text) { element.textContent = text; }
    return element;
  }

  function themeButton() {
    var button = document.querySelector("button.theme");
    if (!button) { return; }
    button.hidden = false;
    button.addEventListener("click", function () {
      var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try { localStorage.setItem(KEY, root.dataset.theme); } catch (error) { /* the choice lasts for this page */ }
    });
  }

  // Tables: a button in each head, numbers by data-v, empty fields always last.
  function sortKey(cell) {
    var value = cell.hasAttribute("data-v") ? cell.getAttribute("data-v") : cell.textContent.trim();
    var number = Number(value);
    return value === "" ? null : isNaN(number) ? value.toLowerCase() : number;
  }

  function compare(a, b, direction) {
    if (a === null || b === null) { return a === b ? 0 : a === null ? 1 : -1; }
    if (typeof a !== typeof b) { a = String(a); b = String(b); }
    return direction * (a < b ? -1 : a > b ? 1 : 0);
  }

  function sortBy(table, index, head) {
    var direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    var body = table.tBodies[0];
    var rows = all("tr", body).map(function (row) { return [sortKey(row.cells[index]), row]; });
    rows.sort(function (a, b) { return compare(a[0], b[0], direction); });
    rows.forEach(function (pair) { body.appendChild(pair[1]); });
    all("th[aria-sort]", table.tHead).forEach(function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
  }

  function sortable(table) {
    all("th", table.tHead).forEach(function (head, index) {
      var button = make("button", { type: "button" });
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      button.addEventListener("click", function () { sortBy(table, index, head); });
    });
  }

  function filterable(table) {
    var rows = all("tr", table.tBodies[0]);
    var field = make("input", { type: "search", placeholder: table.dataset.filter, "aria-label": table.dataset.filter });
    var state = make("output", { "aria-live": "polite" });
    var bar = make("p", { "class": "filter" });
    bar.appendChild(field);
    bar.appendChild(state);
    table.parentNode.parentNode.insertBefore(bar, table.parentNode);
    var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
    field.addEventListener("input", function () {
      var words = field.value.toLowerCase().split(/\s+/);
      var shown = 0;
      rows.forEach(function (row, index) {
        row.hidden = !words.every(function (word) { return texts[index].indexOf(word) >= 0; });
        shown += row.hidden ? 0 : 1;
      });
      state.textContent = field.value ? shown + " of " + rows.length + " rows" : "";
    });
  }

  // Times: how long until then, and the reader's own clock as a tooltip.
  function spanText(seconds) {
    var minutes = Math.floor(seconds / 60);
    var days = Math.floor(minutes / 1440);
    var hours = Math.floor(minutes / 60) % 24;
    if (days > 0) { return days + " d " + hours + " h"; }
    return hours > 0 ? hours + " h " + (minutes % 60) + " min" : (minutes % 60) + " min";
  }

  function countdowns() {
    var now = Date.now();
    all(".countdown").forEach(function (element) {
      var left = (Date.parse(element.dataset.to) - now) / 1000;
      element.textContent = left >= 0 ? "in " + spanText(left) : left > -30 * 86400 ? spanText(-left) + " ago" : "in the past";
      element.classList.toggle("past", left < 0);
    });
  }

  function localTimes() {
    all("time[datetime]").forEach(function (element) {
      var at = new Date(element.getAttribute("datetime"));
      if (!isNaN(at) && !element.title) { element.title = "Your clock: " + at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" }); }
    });
  }

  // Frozen pages learn of newer cycles from two shared scripts that each publication replaces.
  function say(parts) {
    var line = document.querySelector("p.newer");
    if (!line) { return; }
    parts.forEach(function (part) { line.append(part); });
    line.hidden = false;
  }

  function newest() {
    var latest = window.NEARPASS_LATEST;
    var mine = document.body.dataset.cycle;
    if (!latest || !mine) { return; }
    var home = document.body.dataset.root.replace(/\/?$/, "/");
    var corrected = (window.NEARPASS_CYCLES || []).filter(function (cycle) { return cycle.cycle_id === mine && cycle.superseded_by; });
    if (corrected.length) {
      var by = corrected[0].superseded_by;
      var folder = "cycles/" + by.slice(0, 4) + "/" + by.slice(5, 7) + "/" + by.slice(8, 10) + "/" + by.slice(10);
      say(["This cycle was superseded by a corrected one: ", make("a", { href: home + folder + "/index.html" }, by), "."]);
    } else if (latest.cycle_id > mine) {
      say(["A newer cycle exists: ", make("a", { href: home + latest.path + "/index.html" }, latest.cycle_id), "."]);
    } else if (latest.next_expected && Date.now() > Date.parse(latest.next_expected)) {
      say(["The next cycle was expected at " + latest.next_expected.slice(0, 16).replace("T", " ") + " UTC. What stands here may be out of date."]);
    }
    var next = document.querySelector("a.next");
    var later = (window.NEARPASS_CYCLES || []).filter(function (cycle) { return cycle.cycle_id > mine; });
    if (next && later.length) {
      next.href = home + later[0].path + "/index.html";
      next.textContent = "Next cycle →";
    } else if (next && latest.cycle_id === mine) {
      next.replaceWith(make("span", {}, "Newest cycle"));
    } else if (next) {
      var months = latest.months.filter(function (month) { return month > mine.slice(0, 7); });
      next.href = home + (months.length ? "archive/" + months[0].replace("-", "/") + ".html" : "archive/index.html");
    }
  }

  // Plots open in a dialog; without it the link leads to the picture itself.
  function zoom() {
    var dialog = document.querySelector("dialog.zoomed");
    if (!dialog || !dialog.showModal) { return; }
    all("a.zoom").forEach(function (link) {
      link.addEventListener("click", function (event) {
        if (event.ctrlKey || event.metaKey || event.shiftKey) { return; }
        event.preventDefault();
        var image = dialog.querySelector("img");
        image.src = link.href;
        image.alt = link.querySelector("img").alt;
        dialog.showModal();
      });
    });
    dialog.addEventListener("click", function (event) { if (event.target === dialog) { dialog.close(); } });
  }

  function openForPrint() {
    addEventListener("beforeprint", function () { all("details").forEach(function (details) { details.open = true; }); });
  }

  document.addEventListener("DOMContentLoaded", function () {
    themeButton();
    all("table[data-filter]").forEach(filterable);
    all("table[data-sortable]").forEach(sortable);
    localTimes();
    countdowns();
    setInterval(countdowns, 30000);
    newest();
    zoom();
    openForPrint();
    root.classList.add("ready");
  });
}());
