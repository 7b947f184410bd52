/* Everything here is an addition: pages are complete without it. Classic script, no inline code, works from file://. */
(() => {
  "use strict";
  const root = document.documentElement;
  const KEY = "nearpass-theme";
  const WIDE = 9; // columns of a table from which on the reader may choose among them

  // Runs before the body is drawn, so that a chosen theme does not flash. Storage may be forbidden.
  try { root.dataset.theme = localStorage.getItem(KEY) || ""; } catch (error) { /* as the system prefers */ }

  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  function make(tag, attributes = {}, ...parts) {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...parts);
    return element;
  }

  function themeButton() {
    const button = document.querySelector("button.theme");
    button.hidden = false;
    button.addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try { localStorage.setItem(KEY, root.dataset.theme); } catch (error) { /* the choice lasts for this page */ }
    });
  }

  // Tables: a button in each head, numbers by data-v, empty fields always last.
  function sortKey(cell) {
    const value = cell.dataset.v ?? cell.textContent.trim();
    return value === "" ? null : isNaN(value) ? value.toLowerCase() : Number(value);
  }

  function compare(a, b, direction) {
    if (a === null || b === null) { return a === b ? 0 : a === null ? 1 : -1; }
    if (typeof a !== typeof b) { a = String(a); b = String(b); }
    return direction * (a < b ? -1 : a > b ? 1 : 0);
  }

  function sortBy(table, index, head) {
    const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const rows = Array.from(table.tBodies[0].rows, (row) => [sortKey(row.cells[index]), row]);
    table.tBodies[0].append(...rows.sort((a, b) => compare(a[0], b[0], direction)).map((pair) => pair[1]));
    all("[aria-sort]", table.tHead).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    table.dispatchEvent(new Event("rows"));
  }

  function sortable(table) {
    Array.from(table.tHead.rows[0].cells).forEach((head, index) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sortBy(table, index, head));
    });
  }

  // A table that fits the page needs no box that scrolls, and then its heads stick to the window.
  function boxes() {
    const found = all(".table-box");
    new ResizeObserver(() => found.forEach((box) => {
      box.classList.toggle("fits", box.firstElementChild.offsetWidth <= box.clientWidth);
    })).observe(document.body);
  }

  // Above a table: a filter where the page asks for one, and a choice of columns where there are many.
  function toolbar(table) {
    const heads = Array.from(table.tHead.rows[0].cells);
    const bar = make("div", { class: "filter" });
    if (table.dataset.filter) { bar.append(...filter(table)); }
    if (heads.length >= WIDE && "sortable" in table.dataset) { bar.append(columns(table, heads)); }
    if (bar.firstChild) { table.closest(".table-box").before(bar); }
  }

  function filter(table) {
    const field = make("input", { type: "search", placeholder: table.dataset.filter, "aria-label": table.dataset.filter });
    const state = make("output");
    field.addEventListener("input", () => {
      table.dataset.words = field.value.toLowerCase();
      table.dispatchEvent(new Event("rows"));
      const rows = Array.from(table.tBodies[0].rows);
      state.textContent = field.value ? `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows` : "";
    });
    return [field, state];
  }

  // Which rows are shown: those with every word of the filter; without a filter the first few, until a button opens all.
  function rowsShown(table) {
    const most = Number(table.dataset.first || Infinity), rows = Array.from(table.tBodies[0].rows);
    let open = rows.length <= most || rows.some((row) => row.id && `#${row.id}` === location.hash);
    const button = make("button", { type: "button", class: "more-rows" });
    const set = () => {
      const words = (table.dataset.words || "").split(/\s+/).filter(Boolean);
      Array.from(table.tBodies[0].rows).forEach((row, index) => {
        const text = words.length ? row.textContent.toLowerCase() : "";
        row.hidden = words.length ? !words.every((word) => text.includes(word)) : !open && index >= most;
      });
      button.textContent = open ? `Show the first ${most}` : `Show all ${rows.length}`;
      button.setAttribute("aria-expanded", open);
      button.hidden = words.length > 0;
    };
    if (rows.length > most) {
      table.closest(".table-box").after(button);
      button.addEventListener("click", () => { open = !open; set(); });
    }
    table.addEventListener("rows", set);
    addEventListener("beforeprint", () => { open = true; set(); });
    addEventListener("hashchange", () => { open = open || rows.some((row) => `#${row.id}` === location.hash); set(); });
    set();
  }

  function columns(table, heads) {
    const list = make("div");
    heads.slice(1).forEach((head, index) => {
      const box = make("input", { type: "checkbox" });
      box.checked = true;
      box.addEventListener("change", () => Array.from(table.rows).forEach((row) => { row.cells[index + 1].hidden = !box.checked; }));
      list.append(make("label", {}, box, head.textContent));
    });
    return make("details", { class: "columns" }, make("summary", {}, "Columns"), list);
  }

  // Times: how long until then, and the reader's own clock as a tooltip.
  function spanText(seconds) {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (days) { return `${days} d ${hours % 24} h`; }
    return hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
  }

  function countdowns() {
    all(".countdown").forEach((element) => {
      const left = (Date.parse(element.dataset.to) - Date.now()) / 1000;
      element.textContent = left >= 0 ? `in ${spanText(left)}` : left > -30 * 86400 ? `${spanText(-left)} ago` : "";
      element.classList.toggle("past", left < 0);
    });
  }

  // Baked text is true at any time; after a deadline or an approach only these words grow calm.
  function states() {
    all("[data-tca], [data-deadline]").forEach((element) => {
      const past = element.dataset.tca && Date.parse(element.dataset.tca) < Date.now();
      const late = element.dataset.deadline && Date.parse(element.dataset.deadline) < Date.now();
      element.dataset.state = past ? "past" : late ? "late" : "open";
      all(".verb", element).forEach((verb) => { if (late) { verb.textContent = "Decision was due"; } });
      all("h1[data-past]", element).forEach((title) => { if (past) { title.textContent = title.dataset.past; } });
    });
  }

  function localTimes() {
    all("time[datetime]").forEach((element) => {
      const at = new Date(element.dateTime);
      if (!isNaN(at)) { element.title ||= `Your clock: ${at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" })}`; }
    });
  }

  // Frozen pages learn of newer cycles from two shared scripts that each publication replaces.
  function newest() {
    const latest = window.NEARPASS_LATEST, cycles = window.NEARPASS_CYCLES || [], mine = document.body.dataset.cycle;
    if (!latest) { return; }
    const home = document.body.dataset.root.replace(/\/?$/, "/");
    const say = (...parts) => {
      const line = document.querySelector("p.newer");
      line.append(...parts);
      line.hidden = false;
    };
    const link = (path, text) => make("a", { href: `${home}${path}/index.html` }, text);
    const by = cycles.find((cycle) => cycle.cycle_id === mine)?.superseded_by;
    if (by) {
      say("This cycle was superseded by a corrected one: ", link(`cycles/${by.slice(0, 10).replace(/-/g, "/")}/${by.slice(10)}`, by), ".");
    } else if (mine && latest.cycle_id > mine) {
      say("A newer cycle exists: ", link(latest.path, latest.cycle_id), ".");
    } else if (Date.now() > Date.parse(latest.next_expected)) {
      const due = new Date(latest.next_expected).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
      say(`Overdue: the next cycle was due on ${due}. This page may be out of date.`);
    }
    const next = document.querySelector("a.next");
    if (next) { following(next, latest, cycles.find((cycle) => cycle.cycle_id > mine), mine, home); }
  }

  function following(next, latest, later, mine, home) {
    if (later) {
      next.href = `${home}${later.path}/index.html`;
      next.textContent = "Next cycle →";
    } else if (latest.cycle_id === mine) {
      next.replaceWith(make("span", {}, "Newest cycle"));
    } else {
      const month = latest.months.find((name) => name > mine.slice(0, 7));
      next.href = `${home}archive/${month ? month.replace("-", "/") : "index"}.html`;
    }
  }

  // Plots open in a dialog; without it the link leads to the picture itself.
  function zoom() {
    const dialog = document.querySelector("dialog.zoomed");
    all("a.zoom").forEach((link) => link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) { return; }
      event.preventDefault();
      const image = dialog.querySelector("img");
      image.src = link.href;
      image.alt = link.querySelector("img").alt;
      dialog.showModal();
    }));
    dialog.addEventListener("click", (event) => { if (event.target === dialog) { dialog.close(); } });
  }

  // Timeline: a picture with links; with this, a mark is read out, keys move among marks, and the axis of time zooms.
  const LEAST_DAYS = 0.1, HOURS_BELOW_DAYS = 4, TIMELINE_UNITS = 1232;

  function timeline() {
    const picture = document.querySelector(".tl-wide");
    if (!picture) { return; }
    const box = picture.parentElement, told = box.querySelector(".readout"), idle = told.textContent;
    const [left, right, days] = [picture.dataset.x0, picture.dataset.x1, picture.dataset.days].map(Number);
    const brush = picture.querySelector(".brush"), now = picture.querySelector(".now");
    const marks = all("a.ev", picture).sort((a, b) => a.dataset.t - b.dataset.t);
    let from = 0, to = days, pressed = null;
    const place = (day) => left + (right - left) * (day - from) / (to - from);
    const dayAt = (event) => {
      const frame = picture.getBoundingClientRect();
      return from + (to - from) * ((event.clientX - frame.left) * TIMELINE_UNITS / frame.width - left) / (right - left);
    };
    const draw = () => {
      all("[data-t]", picture).forEach((element) => element.setAttribute("transform",
        `translate(${(place(Number(element.dataset.t)) + Number(element.dataset.dx || 0)).toFixed(1)} ${element.dataset.y})`));
      all("[data-a]", picture).forEach((element) => element.setAttribute("d",
        `M${place(Number(element.dataset.a)).toFixed(1)} ${element.dataset.y}H${place(Number(element.dataset.b)).toFixed(1)}`));
    };
    const zoomTo = (start, stop) => {
      if (stop - start < LEAST_DAYS) { return; }
      from = Math.max(0, start);
      to = Math.min(days, stop);
      picture.classList.toggle("close", to - from < HOURS_BELOW_DAYS);
      draw();
    };
    const about = (middle, half) => {
      const start = Math.min(Math.max(middle - half, 0), Math.max(days - 2 * half, 0));
      zoomTo(start, Math.min(start + 2 * half, days));
    };
    const show = (mark) => {
      marks.forEach((other) => other.classList.toggle("on", other === mark));
      told.textContent = mark ? `${mark.querySelector("title").textContent}. Enter opens it.` : idle;
    };
    box.querySelector(".tools-line").hidden = false;
    all("[data-zoom]", box).forEach((button) => button.addEventListener("click", () => {
      const chosen = marks.find((mark) => mark.classList.contains("on"));
      const middle = chosen ? Number(chosen.dataset.t) : (from + to) / 2;
      if (button.dataset.zoom === "all") { zoomTo(0, days); } else { about(middle, (to - from) * (button.dataset.zoom === "in" ? 0.25 : 1)); }
    }));
    marks.forEach((mark, index) => {
      mark.tabIndex = index ? -1 : 0;
      mark.addEventListener("mouseenter", () => show(mark));
      mark.addEventListener("focus", () => {
        show(mark);
        if (mark.dataset.t < from || mark.dataset.t > to) { about(Number(mark.dataset.t), (to - from) / 2); }
      });
      mark.addEventListener("keydown", (event) => {
        const next = marks[{ ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: marks.length - 1 }[event.key]];
        if (event.key === "Escape") { zoomTo(0, days); }
        if (!next) { return; }
        event.preventDefault();
        mark.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      });
    });
    picture.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" || event.target.closest("a")) { return; }
      pressed = dayAt(event);
      picture.setPointerCapture(event.pointerId);
    });
    picture.addEventListener("pointermove", (event) => {
      if (pressed === null) { return; }
      const ends = [pressed, dayAt(event)].map(place).sort((a, b) => a - b);
      brush.removeAttribute("hidden");
      brush.setAttribute("x", ends[0].toFixed(1));
      brush.setAttribute("width", (ends[1] - ends[0]).toFixed(1));
    });
    picture.addEventListener("pointerup", (event) => {
      if (pressed === null) { return; }
      const ends = [pressed, dayAt(event)].sort((a, b) => a - b);
      brush.setAttribute("hidden", "");
      if (ends[1] - ends[0] > (to - from) / 80) { zoomTo(...ends); }
      pressed = null;
    });
    picture.addEventListener("dblclick", () => zoomTo(0, days));
    const passed = (Date.now() - Date.parse(picture.dataset.start)) / 86400000;
    if (passed > 0 && passed < days) {
      now.dataset.t = passed;
      now.removeAttribute("hidden");
      draw();
    }
    hours(picture, days);
    draw();
  }

  // Lines each six hours, seen only in a narrow part of the window.
  function hours(picture, days) {
    const start = new Date(picture.dataset.start), group = picture.querySelector("[data-t] .grid");
    if (!group) { return; }
    const model = group.parentElement;
    for (let at = Math.ceil(start / 21600000) * 21600000; at < start.getTime() + days * 86400000; at += 21600000) {
      const hour = new Date(at).getUTCHours();
      if (!hour) { continue; }
      const copy = model.cloneNode(true);
      copy.dataset.t = (at - start) / 86400000;
      copy.classList.add("hour");
      const words = copy.querySelector("text");
      words.textContent = `${String(hour).padStart(2, "0")}:00`;
      words.setAttribute("class", "tick");
      words.setAttribute("text-anchor", "middle");
      model.before(copy);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    themeButton();
    all(".table-box table").forEach(toolbar);
    all("table[data-sortable]").forEach(sortable);
    all("table:is([data-first], [data-filter])").forEach(rowsShown);
    boxes();
    localTimes();
    countdowns();
    states();
    setInterval(() => { countdowns(); states(); }, 30000);
    newest();
    zoom();
    timeline();
    addEventListener("beforeprint", () => all("details:not(.columns)").forEach((details) => { details.open = true; }));
    root.classList.add("ready");
  });
})();
