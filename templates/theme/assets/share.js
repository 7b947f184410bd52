/* What a reader hands on: filters and order of tables in the address, the rows that are shown as a file, links to
   sections; and what belongs together is marked in table, timeline, board and matrix. An addition, like all scripts. */
(() => {
  "use strict";
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const make = (tag, attributes = {}, ...parts) => {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...parts);
    return element;
  };

  // The address: "events.filter" holds the words, "events.sort" the column, with a minus where it falls.
  function keep(name, value) {
    const address = new URL(location.href);
    if (value) { address.searchParams.set(name, value); } else { address.searchParams.delete(name); }
    try { history.replaceState(null, "", address); } catch (error) { /* a folder that allows no address of its own */ }
  }

  function remembered(table, name) {
    const asked = new URLSearchParams(location.search);
    const field = table.closest(".table-box").previousElementSibling?.querySelector("input[type=search]");
    const heads = Array.from(table.tHead.rows[0].cells);
    const words = asked.get(`${name}.filter`), order = asked.get(`${name}.sort`);
    if (field && words) {
      field.value = words;
      field.dispatchEvent(new Event("input"));
    }
    const head = order === null ? null : heads[Math.abs(parseInt(order, 10)) - 1];
    if (head) {
      head.querySelector("button")?.click();
      if (order.startsWith("-")) { head.querySelector("button")?.click(); }
    }
    table.addEventListener("rows", () => {
      const sorted = heads.findIndex((one) => one.hasAttribute("aria-sort"));
      const falls = sorted >= 0 && heads[sorted].getAttribute("aria-sort") === "descending";
      if (field) { keep(`${name}.filter`, field.value.trim()); }
      keep(`${name}.sort`, sorted < 0 ? "" : `${falls ? "-" : ""}${sorted + 1}`);
    });
  }

  // The rows and columns that are shown, as CSV: numbers and times as precise as the page knows them.
  const shownCells = (row) => Array.from(row.cells).filter((cell) => !cell.hidden);
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  function exact(cell) {
    const time = cell.querySelector("time");
    if (time) { return time.dateTime; }
    const text = cell.textContent.trim(), value = cell.dataset.v;
    return value !== undefined && value !== "" && /^[−+\d\u202f.,]+$/.test(text) ? value : text;
  }

  function download(table, name) {
    const rows = [table.tHead.rows[0], ...Array.from(table.tBodies[0].rows).filter((row) => !row.hidden)];
    const lines = rows.map((row) => shownCells(row).map((cell) => quoted(exact(cell).replace(/\s+/g, " "))).join(","));
    const address = URL.createObjectURL(new Blob([lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
    const link = make("a", { href: address, download: `${name}-shown.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  }

  function tables() {
    all("table[data-filter]").forEach((table) => {
      const name = table.closest("section[id]")?.id || "table";
      const bar = table.closest(".table-box").previousElementSibling;
      const button = make("button", { type: "button", class: "take" }, "Download the rows shown");
      button.addEventListener("click", () => download(table, name));
      if (bar?.classList.contains("filter")) { bar.append(button); }
      remembered(table, name);
    });
  }

  // Links to sections: each heading has one, which copies itself; a button does the same for the whole page.
  function copied(text, status) {
    const done = () => { status.textContent = "Copied."; setTimeout(() => { status.textContent = ""; }, 4000); };
    const old = () => { // where a page from a folder may not reach the clipboard
      const area = make("textarea", { readonly: "", class: "for-readers" });
      area.value = text;
      document.body.append(area);
      area.select();
      if (document.execCommand("copy")) { done(); }
      area.remove();
    };
    if (navigator.clipboard && isSecureContext) { navigator.clipboard.writeText(text).then(done, old); } else { old(); }
  }

  function links() {
    const status = make("p", { role: "status", class: "copied" });
    document.body.append(status);
    all("main section[id] > h2").forEach((head) => {
      if (head.querySelector(".self")) { return; }
      const words = head.textContent.trim();
      head.append(" ", make("a", { class: "self", href: `#${head.parentElement.id}`, "aria-label": `Link to ${words}` }, "#"));
    });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a.self");
      if (link) { copied(link.href, status); }
    });
    const quote = document.querySelector(".quote");
    if (quote) {
      const said = make("button", { type: "button" }, "Copy this paragraph");
      const here = make("button", { type: "button" }, "Copy link");
      said.addEventListener("click", () => copied(quote.textContent.trim(), status));
      here.addEventListener("click", () => copied(location.href.split("#")[0], status));
      quote.after(make("p", { class: "take" }, said, " ", here));
    }
  }

  // A link to a section whose content is folded opens it.
  function unfold() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && (target.closest("details") || target.querySelector(":scope > details"));
    if (folded) { folded.open = true; }
  }

  // What tells of one approach, or of its pair in the matrix, is marked together.
  function together() {
    const pairs = new Map();
    const event = (href) => href?.match(/(?:events\/|#)(?:now-)?([^/#]+?)(?:\.html)?$/)?.[1];
    const found = new Map();
    const note = (element, key) => {
      if (!key) { return; }
      element.dataset.one = key;
      found.set(key, [...(found.get(key) || []), element]);
    };
    all("#events tbody tr").forEach((row) => {
      const link = row.querySelector("th a");
      const key = event(link?.getAttribute("href")) || row.id;
      note(row, key);
      pairs.set(key, link?.textContent.replace(/ \(.*/, "").replace(" – ", "--"));
    });
    all("a.ev").forEach((mark) => note(mark, event(mark.getAttribute("href"))));
    all(".board .row").forEach((row) => note(row, row.id.replace("now-", "")));
    all(".change > a").forEach((link) => note(link.parentElement, event(link.getAttribute("href"))));
    const cells = new Map(all(".matrix td a").map((link) => [link.pathname.split("/").pop().replace(".html", ""), link.parentElement]));
    const light = (start, on) => {
      const key = start.closest?.("[data-one]")?.dataset.one;
      if (!key) { return; }
      (found.get(key) || []).forEach((element) => element.classList.toggle("linked", on));
      cells.get(pairs.get(key))?.classList.toggle("linked", on);
    };
    ["pointerover", "focusin"].forEach((kind) => document.addEventListener(kind, (at) => light(at.target, true)));
    ["pointerout", "focusout"].forEach((kind) => document.addEventListener(kind, (at) => light(at.target, false)));
  }

  document.addEventListener("DOMContentLoaded", () => {
    tables();
    links();
    together();
    unfold();
    addEventListener("hashchange", unfold);
  });
})();
