/* The object finder: loads the list of one month after the other, only as far back as the reader asks. */
(function () {
  "use strict";
  var STEP = 6;
  var SHAPES = { red: "▲ ", yellow: "■ ", green: "● " };
  var NUMERIC = ["", "", "num", "when", "num"];

  document.addEventListener("DOMContentLoaded", function () {
    var form = document.querySelector("form.finder");
    if (!form) { return; }
    var field = form.querySelector("input");
    var state = document.querySelector(".finder-state");
    var found = document.querySelector(".finder-found");
    var more = document.querySelector(".finder-more");
    var months = form.dataset.months ? form.dataset.months.split(" ") : [];
    var search = { wanted: [], left: [], count: 0, notes: {} };
    var names = {};
    form.querySelectorAll("option").forEach(function (option) { names[option.value] = option.textContent; });

    function make(tag, text, attributes) {
      var element = document.createElement(tag);
      Object.keys(attributes || {}).forEach(function (name) { element.setAttribute(name, attributes[name]); });
      if (text) { element.textContent = text; }
      return element;
    }

    function holds(texts) {
      var all = texts.join(" ").toLowerCase();
      return search.wanted.every(function (word) { return all.indexOf(word) >= 0; });
    }

    function matches(row) { return holds([row[0], row[1], names[row[1]], row[2], names[row[2]], row[5]]); }

    // A note is shown in each month that still lists its approach: it is told once, where it is met first.
    function isNew(note) {
      var key = note.join("|");
      if (search.notes[key] || !holds(note)) { return false; }
      search.notes[key] = true;
      return true;
    }

    function tell(note) {
      var article = found.appendChild(make("article", "", { "class": "log" }));
      var head = article.appendChild(make("header"));
      head.appendChild(make("b", note[1]));
      head.appendChild(document.createTextNode(" " + note[0].slice(0, 16).replace("T", " ") + " UTC " + note[2] + " "));
      if (note[3]) { head.appendChild(make("a", note[3], { href: "../events/" + note[3] + ".html" })); }
      article.appendChild(make("p", note[4]));
    }

    function table(month, rows) {
      var box = make("div", "", { "class": "table-box", tabindex: "0", role: "region", "aria-label": month });
      var made = box.appendChild(make("table"));
      made.appendChild(make("caption", month));
      var head = made.createTHead().insertRow();
      ["Pair", "Worst level", "Miss km", "TCA UTC", "Cycles"].forEach(function (title, index) {
        head.appendChild(make("th", title, { scope: "col", "class": NUMERIC[index] }));
      });
      var body = made.createTBody();
      rows.forEach(function (row) {
        var line = body.insertRow();
        var first = line.appendChild(make("th", "", { scope: "row" }));
        first.appendChild(make("a", row[1] + " – " + row[2], { href: "../events/" + row[0] + ".html" }));
        first.appendChild(make("code", row[0], { "class": "data mark" }));
        line.insertCell().appendChild(make("span", SHAPES[row[5]] + row[5], { "class": "level level-" + row[5] }));
        line.insertCell().textContent = row[9] || (row[4] === null ? "–" : row[4].toFixed(3));
        line.insertCell().appendChild(make("time", row[8] || row[3].slice(0, 19).replace("T", " "), { datetime: row[3] }));
        line.insertCell().textContent = row[6];
        NUMERIC.forEach(function (name, index) { line.cells[index].className = name; });
      });
      found.appendChild(box);
    }

    function say() {
      var notes = Object.keys(search.notes).length;
      state.textContent = search.count + (search.count === 1 ? " approach" : " approaches") +
        (notes ? " and " + notes + (notes === 1 ? " note" : " notes") : "") + " of “" + field.value + "”" +
        (search.left.length ? ". Not searched yet: " + search.left[0] + " and before." : ". All months were searched.");
      more.hidden = search.left.length === 0;
    }

    function show(month) {
      var rows = ((window.NEARPASS_EVENTS || {})[month] || []).filter(matches);
      rows.sort(function (a, b) { return a[3] < b[3] ? 1 : -1; });
      search.count += rows.length;
      if (rows.length) { table(month, rows); }
      ((window.NEARPASS_NOTES || {})[month] || []).filter(isNew).forEach(tell);
    }

    // One after the other, so that months stay in order; a month that cannot be loaded is named and not hidden.
    function next(steps) {
      if (!steps || !search.left.length) { say(); return; }
      var month = search.left.shift();
      var go = function () { show(month); next(steps - 1); };
      if ((window.NEARPASS_EVENTS || {})[month]) { go(); return; }
      var script = make("script", "", { src: "../live/events-" + month + ".js" });
      script.onload = go;
      script.onerror = function () {
        found.appendChild(make("p", "The list of " + month + " could not be loaded."));
        next(steps - 1);
      };
      document.head.appendChild(script);
    }

    function begin() {
      var words = field.value.toLowerCase().split(/[\s,–]+/).filter(Boolean);
      search = { wanted: words, left: months.slice(), count: 0, notes: {} };
      found.textContent = "";
      if (words.length) { next(STEP); } else { state.textContent = ""; more.hidden = true; }
    }

    form.hidden = false;
    form.addEventListener("submit", function (event) { event.preventDefault(); begin(); });
    more.querySelector("button").addEventListener("click", function () { next(STEP); });
    if (location.hash.length > 1) { field.value = decodeURIComponent(location.hash.slice(1)); begin(); }
  });
}());
