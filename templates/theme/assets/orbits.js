/* Turns the still picture of orbits into one that turns: parallel projection, one scale, axes of the body's equator.
   An addition like all scripts here: without it, and on paper, the still picture stands. */
(() => {
  "use strict";
  const WIDTH = 520, HEIGHT = 400, MARGIN = 22, LONGEST_BAR = 130, STEP = 5, DEGREE = Math.PI / 180, MOST_ZOOM = 32;
  const START = { east: 35, north: 25, zoom: 1 };
  const MARKS = { red: "M0-6 6.5 5.5h-13z", yellow: "M-5-5h10v10h-10z", ring: "M-5 0a5 5 0 1 0 10 0 5 5 0 1 0-10 0z" };
  const PARTS = ["hidden", "far", "near"];

  const set = (element, attributes) => Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  const at = (p) => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`;
  const side = (degrees, plus, minus) => `${Math.abs(Math.round(degrees))}° ${degrees < -0.5 ? minus : plus}`;

  function make(tag, attributes, parent, text = "") {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    set(element, attributes);
    element.textContent = text;
    return parent.appendChild(element);
  }

  // The longest of 1, 2 or 5 times a power of ten that fits.
  function roundLength(most) {
    const power = 10 ** Math.floor(Math.log10(most));
    return power * [5, 2, 1].find((times) => times * power <= most);
  }

  // Parallels and meridians of the spheroid every 30 degrees, the equator first.
  function surfaceLines([equatorial, polar]) {
    const round = Array.from({ length: 61 }, (_, index) => index * 6);
    const point = (north, east) => [
      equatorial * Math.cos(north * DEGREE) * Math.cos(east * DEGREE),
      equatorial * Math.cos(north * DEGREE) * Math.sin(east * DEGREE), polar * Math.sin(north * DEGREE)];
    return [0, 30, 60, -30, -60].map((north) => round.map((east) => point(north, east)))
      .concat([0, 30, 60, 90, 120, 150].map((east) => round.map((north) => point(north, east))));
  }

  // From points to what the reader sees: place in the picture, and how far towards the reader.
  function projection(view, scale, [equatorial, polar]) {
    const ce = Math.cos(view.east * DEGREE), se = Math.sin(view.east * DEGREE);
    const cn = Math.cos(view.north * DEGREE), sn = Math.sin(view.north * DEGREE);
    const high = Math.hypot(polar * cn, equatorial * sn); // the outline of a spheroid is an ellipse
    const seen = ([x, y, z]) => {
      const right = ce * y - se * x, outward = ce * x + se * y, up = cn * z - sn * outward, towards = cn * outward + sn * z;
      const behind = towards < 0 && Math.hypot(right / equatorial, up / high) < 1;
      return { x: WIDTH / 2 + right * scale, y: HEIGHT / 2 - up * scale, towards, part: behind ? 0 : towards < 0 ? 1 : 2 };
    };
    return { seen, outline: { rx: equatorial * scale, ry: high * scale } };
  }

  // A line as one drawing for each part; ``choose`` gives the part of a piece, less than 0 for none.
  function split(points, number, choose) {
    const drawings = new Array(number).fill("");
    let last = -1;
    points.slice(1).forEach((to, index) => {
      const part = choose(points[index], to);
      if (part >= 0) { drawings[part] += `${part === last ? "" : "M" + at(points[index])}L${at(to)}`; }
      last = part;
    });
    return drawings;
  }

  function build(holder) {
    const scene = JSON.parse(holder.dataset.orbits), radius = scene.radius_km, view = {};
    const figure = holder.closest("figure"), still = figure.querySelector("img");
    const picture = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", tabindex: 0, "aria-label": still.alt }, holder);
    const path = (kind, parent = picture, d = "") => make("path", { class: kind, d }, parent);
    const label = (kind, text = "") => make("text", { class: kind }, picture, text);

    const disc = make("ellipse", { class: "disc", cx: WIDTH / 2, cy: HEIGHT / 2 }, picture);
    const surface = surfaceLines(radius).map((points, index) => ({ points, line: path(index ? "grid" : "equator") }));
    const axes = [[`meridian of ${scene.across}`, [radius[0], 0, 0]], ["90° east", [0, radius[0], 0]], ["north pole", [0, 0, radius[1]]]]
      .map(([name, foot]) => ({ foot, tip: foot.map((value) => value * 1.35), line: path("axis"), name: label(""), text: name }));
    const orbits = scene.paths.map((orbit, index) => {
      const group = make("g", { class: `orbit orbit-${index}${orbit.dashed ? " dashed" : ""}` }, picture), y = 18 + 18 * index;
      path("near", group, `M14 ${y}h30`);
      set(label("name", orbit.name), { x: 50, y: y + 4 });
      const arrow = Math.floor((index ? 0.66 : 0.36) * orbit.points_km.length);
      return { points: orbit.points_km, arrow, lines: PARTS.map((part) => path(part, group)), head: path("head", group, "M5 0-5 4.5v-9z") };
    });
    const spots = scene.spots.map((spot) => (
      { at: spot.at_km, mark: path(`spot spot-${spot.mark}`, picture, MARKS[spot.mark] || MARKS.ring), name: label("name", spot.text) }));
    const bar = path("scale-bar"), length = label("name"), status = document.createElement("output");
    set(length, { x: 14, y: HEIGHT - 26 });

    function draw() {
      const scale = (HEIGHT / 2 - MARGIN) / scene.frame_km * view.zoom, bar_km = roundLength(LONGEST_BAR / scale);
      const { seen, outline } = projection(view, scale, radius);
      set(disc, outline);
      surface.forEach(({ points, line }) => set(line, { d: split(points.map(seen), 1, (a, b) => (a.towards + b.towards > 0 ? 0 : -1))[0] }));
      axes.forEach((axis) => {
        const foot = seen(axis.foot), tip = seen(axis.tip), left = tip.x < WIDTH / 2 - 1;
        set(axis.line, { d: `M${at(foot)}L${at(tip)}` });
        set(axis.name, { x: tip.x + (left ? -4 : 4), y: tip.y + (tip.y > HEIGHT / 2 + 1 ? 12 : -3), "text-anchor": left ? "end" : "start" });
        axis.name.textContent = radius[0] * scale < 24 ? "" : axis.text; // of a small disc they would hide the apsides
        [axis.line, axis.name].forEach((part) => part.classList.toggle("behind", foot.towards < 0));
      });
      orbits.forEach((orbit) => {
        const points = orbit.points.map(seen), [from, to] = points.slice(orbit.arrow);
        split(points, PARTS.length, (a, b) => Math.min(a.part, b.part)).forEach((d, part) => set(orbit.lines[part], { d }));
        set(orbit.head, { transform: `translate(${at(to)}) rotate(${Math.atan2(to.y - from.y, to.x - from.x) / DEGREE})` });
        orbit.head.classList.toggle("behind", !to.part);
      });
      spots.forEach((spot) => {
        const p = seen(spot.at);
        set(spot.mark, { transform: `translate(${at(p)})` });
        spot.mark.classList.toggle("behind", !p.part);
        set(spot.name, { x: p.x + 10, y: p.y - 7 });
      });
      set(bar, { d: `M14 ${HEIGHT - 20}v6h${(bar_km * scale).toFixed(1)}v-6` });
      length.textContent = `${String(bar_km).replace(/\B(?=(\d{3})+$)/g, "\u202f")} km`;
      status.textContent = `Seen from ${side(view.north, "north", "south")}, ${side(view.east, "east", "west")} of ${scene.across}`;
    }

    function look({ east = view.east, north = view.north, zoom = view.zoom }) {
      view.east = ((east + 180) % 360 + 360) % 360 - 180;
      view.north = Math.max(-90, Math.min(90, north));
      view.zoom = Math.max(1, Math.min(MOST_ZOOM, zoom));
      draw();
    }
    const turned = (east, north) => () => look({ east: view.east + east, north: view.north + north });
    const zoomed = (factor) => () => look({ zoom: view.zoom * factor });
    const from = (place) => () => look(place);
    const keys = {
      ArrowLeft: turned(-STEP, 0), ArrowRight: turned(STEP, 0), ArrowUp: turned(0, STEP), ArrowDown: turned(0, -STEP),
      "+": zoomed(1.25), "=": zoomed(1.25), "-": zoomed(0.8), Home: from(START),
    };
    picture.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) { return; }
      event.preventDefault();
      keys[event.key]();
    });
    picture.addEventListener("pointerdown", (event) => picture.setPointerCapture(event.pointerId));
    picture.addEventListener("pointermove", (event) => {
      if (picture.hasPointerCapture(event.pointerId)) { turned(-event.movementX / 2, event.movementY / 2)(); }
    });

    const tools = holder.appendChild(document.createElement("div"));
    tools.className = "tools";
    [["Start", from(START)], ["Equator", from({ east: -90, north: 0 })], ["North pole", from({ east: -90, north: 90 })],
      ["−", keys["-"], "Zoom out"], ["+", keys["+"], "Zoom in"]].forEach(([text, act, words = text]) => {
      const button = tools.appendChild(document.createElement("button"));
      set(button, { type: "button", "aria-label": words });
      button.textContent = text;
      button.addEventListener("click", act);
    });
    tools.append(status);
    holder.hidden = false;
    figure.classList.add("turnable");
    still.loading = "eager"; // not shown now, but on paper
    look(START);
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-orbits]").forEach(build));
})();
