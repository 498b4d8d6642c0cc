"use strict";
// Shows the report's findings. Everything that came from a repository is set with textContent; nothing is ever parsed
// as HTML (the page's policy forbids it), and only the rows in view exist.
(async () => {
  const COLUMNS = ["code", "severity", "confidence", "vendor", "environment", "message", "hint", "redacted", "path", "line",
    "column", "commit", "author", "date", "fingerprint", "rule", "snippet", "notes", "suppressed", "verdict"];
  const PLAIN = new Set(["severity", "line", "column", "fingerprint", "snippet", "notes"]);
  const HEAD = [["severity", "Severity", "w1"], ["code", "Rule", "w2"], ["environment", "Environment", "w3"],
    ["path", "Where", "w4"], ["redacted", "Secret", "w5"], ["date", "Date", "w6"], ["message", "What", "w7"]];
  const ROW = 36, MARGIN = 12, PRINTED = 2000;
  const $ = (id) => document.getElementById(id);

  const make = (tag, properties, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (name in element) element[name] = value; else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  };

  const unpack = async () => {
    const packed = Uint8Array.from(atob($("data").textContent), (char) => char.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  };

  const data = await unpack();
  const texts = data.texts;
  // A finding reads its row when it is asked: making 100,000 objects with all their fields would take seconds.
  class Finding {
    constructor(row, index) { this.row = row; this.index = index; this.text = null; }
    get notes() { return this.row[COLUMNS.indexOf("notes")].map((at) => texts[at]); }
    get where() { return (this.path || "(message)") + ":" + this.line; }
    get haystack() {
      return this.text ??= [this.code, this.rule, this.vendor, this.environment, this.message, this.redacted, this.path,
        this.commit, this.author].join("\n").toLowerCase();
    }
  }
  COLUMNS.forEach((name, at) => {
    if (name === "notes") return;
    const get = PLAIN.has(name) ? function () { return this.row[at]; } : function () { return texts[this.row[at]]; };
    Object.defineProperty(Finding.prototype, name, { get });
  });
  const findings = data.rows.map((row, index) => new Finding(row, index));

  let shown = [];
  let sort = { by: "severity", down: true };
  let active = 0;
  let opened = null;

  // --- state in the address: #query=…&severity=…&sort=-severity&finding=… ---------------------------------------------
  const CONTROLS = ["query", "severity", "rule", "environment", "state"];
  const readAddress = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    for (const name of CONTROLS) {
      const control = $(name), value = wanted.get(name) || "";
      const known = control.tagName === "INPUT" || [...control.options].some((option) => option.value === value);
      control.value = known ? value : "";
    }
    if (!wanted.has("state")) $("state").value = "open";
    const by = wanted.get("sort") || "-severity";
    const name = by.replace(/^-/, "");
    sort = HEAD.some(([key]) => key === name) ? { by: name, down: by.startsWith("-") } : { by: "severity", down: true };
    return wanted.get("finding");
  };
  const writeAddress = () => {
    const parts = new URLSearchParams();
    for (const name of CONTROLS) {
      const usual = name === "state" ? "open" : "";
      if ($(name).value !== usual) parts.set(name, $(name).value);
    }
    if (sort.by !== "severity" || !sort.down) parts.set("sort", (sort.down ? "-" : "") + sort.by);
    if (opened) parts.set("finding", opened.fingerprint);
    history.replaceState(null, "", "#" + parts.toString());
  };

  // --- filter and sort ------------------------------------------------------------------------------------------------
  const sorted = (list) => {
    const by = sort.by === "path" ? "where" : sort.by, turn = sort.down ? -1 : 1;
    const compare = (a, b) => {
      if (a.key === b.key) return a.one.index - b.one.index;
      if (a.key === null) return 1;
      if (b.key === null) return -1;
      return a.key < b.key ? -turn : turn;
    };
    return list.map((one) => ({ key: one[by], one })).sort(compare).map((pair) => pair.one);
  };
  const refresh = () => {
    const words = $("query").value.toLowerCase().split(/\s+/).filter(Boolean);
    const severity = $("severity").value, rule = $("rule").value, environment = $("environment").value, state = $("state").value;
    shown = sorted(findings.filter((one) =>
      (!severity || data.severities[one.severity] === severity) && (!rule || one.code === rule)
      && (!environment || one.environment === environment)
      && (!state || (state === "open") === (one.suppressed === null))
      && words.every((word) => one.haystack.includes(word))));
    active = 0;
    $("count").textContent = `${shown.length.toLocaleString("en")} of ${findings.length.toLocaleString("en")} findings`;
    $("table").setAttribute("aria-rowcount", shown.length + 1);
    for (const [at, [key]] of HEAD.entries()) {
      $("head").children[at].setAttribute("aria-sort", key !== sort.by ? "none" : sort.down ? "descending" : "ascending");
      $("head").children[at].querySelector(".arrow").textContent = key !== sort.by ? "" : sort.down ? " ▼" : " ▲";
    }
    $("scroller").scrollTop = 0;
    draw(true);
    writeAddress();
  };

  // --- only the rows in view exist ------------------------------------------------------------------------------------
  let drawn = "";
  const spacer = (rows) => {
    const cell = make("td", { colSpan: HEAD.length });
    cell.style.height = rows * ROW + "px";
    return make("tr", { className: "spacer", ariaHidden: "true" }, cell);
  };
  const rowOf = (one, at) => {
    const severity = data.severities[one.severity];
    const gone = one.suppressed === null ? "" : " suppressed";
    const cells = [
      make("td", { className: severity + gone, textContent: severity }),
      make("td", { textContent: one.code + " " + one.rule }),
      make("td", { textContent: one.environment }),
      make("td", { className: "mono", textContent: one.where, title: one.where }),
      make("td", { className: "mono", textContent: one.redacted || "" }),
      make("td", { textContent: (one.date || "").slice(0, 10) }),
      make("td", { textContent: one.message, title: one.message }),
    ];
    const row = make("tr", { className: "row", tabIndex: at === active ? 0 : -1 }, ...cells);
    row.setAttribute("aria-rowindex", at + 2);
    row.dataset.at = at;
    return row;
  };
  const draw = (force) => {
    const box = $("scroller");
    const first = Math.max(0, Math.floor(box.scrollTop / ROW) - MARGIN);
    const last = Math.min(shown.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + MARGIN);
    if (!force && drawn === first + "-" + last) return;
    drawn = first + "-" + last;
    const hadFocus = $("body").contains(document.activeElement);
    $("body").replaceChildren(
      ...(first ? [spacer(first)] : []),
      ...shown.slice(first, last).map((one, at) => rowOf(one, first + at)),
      ...(last < shown.length ? [spacer(shown.length - last)] : []));
    if (hadFocus) focusActive();
  };
  const focusActive = () => {
    const row = $("body").querySelector(`[data-at="${active}"]`);
    if (row) row.focus({ preventScroll: true });
  };
  const move = (to) => {
    active = Math.min(Math.max(to, 0), shown.length - 1);
    const box = $("scroller"), head = $("head").offsetHeight, top = active * ROW;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW + head > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW + head - box.clientHeight;
    draw(true);
    focusActive();
  };

  // --- one finding ----------------------------------------------------------------------------------------------------
  const snippetOf = (one) => {
    const [focus, ...lines] = one.snippet;
    const pre = make("pre", { tabIndex: 0 });
    pre.setAttribute("role", "region");
    pre.setAttribute("aria-label", "Source, secrets masked");
    for (const [number, text] of lines) {
      pre.append(make("span", { className: number === focus ? "focus" : "", textContent: `${number} | ${text}` }), "\n");
    }
    return pre;
  };
  const open = (one) => {
    opened = one;
    const rule = data.rules[one.code] || {};
    $("detail-title").textContent = `${data.severities[one.severity]}: ${one.message}`;
    const facts = [["Rule", `${one.code} ${one.rule}`], ["Where", `${one.path || "(message)"}:${one.line}:${one.column}`],
      ["Secret", one.redacted], ["Vendor", one.vendor], ["Environment", one.environment], ["Confidence", one.confidence],
      ["Commit", one.commit], ["Author", one.author], ["Date", one.date], ["Verdict", one.verdict], ["Suppressed", one.suppressed],
      ...one.notes.map((note) => ["Note", note]), ["Fingerprint", one.fingerprint]];
    const list = make("dl", {});
    for (const [name, value] of facts) {
      if (value) list.append(make("dt", { textContent: name }), make("dd", { textContent: value }));
    }
    const part = (title, text) => text ? [make("h3", { textContent: title }), make("p", { textContent: text })] : [];
    const links = (rule.references || []).map((url) =>
      make("li", {}, make("a", { href: url, rel: "noreferrer noopener", textContent: url })));
    $("detail-body").replaceChildren(
      ...(one.snippet.length ? [snippetOf(one)] : []),
      ...part("What to do", one.hint), list, ...part("Why it matters", rule.why), ...part("Use instead", rule.instead),
      ...(links.length ? [make("h3", { textContent: "References" }), make("ul", {}, ...links)] : []));
    if (!$("detail").open) $("detail").showModal();
    $("detail").scrollTop = 0;
    writeAddress();
  };
  $("detail").addEventListener("close", () => { opened = null; writeAddress(); focusActive(); });
  $("close").addEventListener("click", () => $("detail").close());
  $("detail").addEventListener("click", (event) => { if (event.target === $("detail")) $("detail").close(); });

  // --- controls -------------------------------------------------------------------------------------------------------
  const fill = (id, values, all) => $(id).append(make("option", { value: "", textContent: all }),
    ...values.map(([value, label]) => make("option", { value, textContent: label })));
  const distinct = (key) => [...new Set(findings.map((one) => one[key]))].sort();
  fill("severity", data.severities.toReversed().map((name) => [name, name]), "all");
  fill("rule", distinct("code").map((code) => [code, `${code} ${(data.rules[code] || {}).title || ""}`.trim()]), "all");
  fill("environment", distinct("environment").map((name) => [name, name]), "all");
  fill("state", [["open", "open"], ["suppressed", "suppressed"]], "all");
  for (const [key, label, width] of HEAD) {
    const button = make("button", { type: "button" }, label, make("span", { className: "arrow", ariaHidden: "true" }));
    button.addEventListener("click", () => { sort = { by: key, down: sort.by === key ? !sort.down : key === "severity" }; refresh(); });
    $("head").append(make("th", { scope: "col", className: width }, button));
  }
  let waiting = 0;
  $("query").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(refresh, 80); });
  for (const name of CONTROLS.slice(1)) $(name).addEventListener("change", refresh);
  document.querySelector(".filters").addEventListener("submit", (event) => { event.preventDefault(); refresh(); });
  document.querySelector(".filters").addEventListener("reset", () => setTimeout(() => { $("state").value = "open"; refresh(); }));
  $("scroller").addEventListener("scroll", () => requestAnimationFrame(() => draw(false)), { passive: true });
  addEventListener("resize", () => draw(false));
  const target = (event) => event.target.closest("tr.row");
  $("body").addEventListener("click", (event) => {
    const row = target(event);
    if (row) { active = Number(row.dataset.at); open(shown[active]); }
  });
  $("scroller").addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor($("scroller").clientHeight / ROW) - 2);
    const inRow = target(event) !== null;
    const steps = { ArrowDown: inRow ? active + 1 : active, ArrowUp: active - 1, Home: 0, End: shown.length - 1, PageDown: active + page, PageUp: active - page };
    if (event.target.closest("th") || !shown.length) return;
    if (event.key in steps) { event.preventDefault(); move(steps[event.key]); }
    else if (event.key === "Enter" && inRow) { event.preventDefault(); open(shown[active]); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, dialog")) { event.preventDefault(); $("query").focus(); }
  });
  const follow = () => {
    const wanted = readAddress();
    const one = wanted && findings.find((one) => one.fingerprint === wanted);
    refresh();
    if (one) {
      const at = shown.indexOf(one);
      if (at >= 0) move(at);
      open(one);
    } else if ($("detail").open) $("detail").close();
  };
  addEventListener("hashchange", () => { if (location.hash !== "#findings") follow(); });

  // --- print: what is filtered, as a plain table ----------------------------------------------------------------------
  addEventListener("beforeprint", () => {
    const head = make("tr", {}, ...HEAD.map(([, label]) => make("th", { scope: "col", textContent: label })));
    const rows = shown.slice(0, PRINTED).map((one, at) => rowOf(one, at));
    const more = shown.length > PRINTED ? make("p", { textContent: `and ${shown.length - PRINTED} more` }) : null;
    $("print").replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)), ...(more ? [more] : []));
  });
  addEventListener("afterprint", () => $("print").replaceChildren());

  follow();
  document.documentElement.dataset.ready = "true";
})();
