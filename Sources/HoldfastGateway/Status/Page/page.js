"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const rowHeight = 44;
  const kinds = {
    idle: "quiet", connecting: "busy", open: "good", probing: "good", stale: "bad", terminating: "busy", backoff: "bad",
    stopped: "quiet",
  };
  const number = new Intl.NumberFormat("en");
  // On the chart there is little room.
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
  const byName = new Intl.Collator("en", { numeric: true });
  let states = [];
  let accounts = new Map();
  let arriving = null;
  // All accounts by name, and those that the search and the filter let through.
  let order = [];
  let shown = [];
  let chosen = null;
  let active = -1;
  let filter = null;
  let edges = new Map();
  let clock = 0;
  let token = sessionStorage.getItem("holdfast-token") || "";

  // What the server says goes in as text only.
  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const plural = (count, word) => `${number.format(count)} ${word}${count === 1 ? "" : "s"}`;
  const now = () => Date.now() + clock;

  const span = (milliseconds) => {
    const seconds = Math.max(0, Math.round(milliseconds / 1000));
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
    return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;
  };

  // The chart.

  const chart = $("chart");
  const chips = new Map();
  const groups = new Map([...chart.querySelectorAll("[data-state]")].map((group) => [group.dataset.state, group]));
  const lines = [...chart.querySelectorAll("[data-rows]")].map((line) => [line, line.dataset.rows.split(" ")]);
  const countTexts = new Map([...chart.querySelectorAll("[data-count]")].map((text) => [text.dataset.count, text]));

  const choose = (state) => {
    filter = filter === state ? null : state;
    for (const [name, group] of groups) group.setAttribute("aria-pressed", String(filter === name));
    for (const [name, chip] of chips) chip.setAttribute("aria-pressed", String(filter === name));
    select();
  };

  for (const [name, group] of groups) {
    group.setAttribute("role", "button");
    group.setAttribute("tabindex", "0");
    group.setAttribute("aria-pressed", "false");
    group.addEventListener("click", () => choose(name));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(name);
    });
    const chip = make("button", name, { type: "button", "aria-pressed": "false" });
    chip.addEventListener("click", () => choose(name));
    chips.set(name, chip);
    $("chips").append(chip);
  }

  const showSummary = (summary) => {
    states = summary.states;
    clock = summary.now - Date.now();
    let total = 0;
    const words = [];
    states.forEach((name, index) => {
      const count = summary.counts[index];
      total += count;
      if (count > 0) words.push(`${number.format(count)} ${name}`);
      const group = groups.get(name);
      if (!group) return;
      group.classList.toggle("lit", count > 0);
      group.setAttribute("aria-label", `${name}: ${plural(count, "account")}`);
      const isBox = group.querySelector("rect") !== null;
      setText(group.querySelector("[data-accounts]"), isBox ? number.format(count) : ` ${number.format(count)}`);
      setText(chips.get(name), `${name} ${number.format(count)}`);
    });
    setText($("summary"), total === 0 ? "No accounts yet." : `${plural(total, "account")}: ${words.join(", ")}.`);
    speak();
    document.title = total === 0 ? "Holdfast" : `${number.format(summary.counts[states.indexOf("open")])}/${number.format(total)} open – Holdfast`;
    const counts = new Map(summary.edges);
    for (const [id, text] of countTexts) setText(text, counts.has(id) ? ` ${short.format(counts.get(id))}` : "");
    for (const [line, ids] of lines) {
      line.classList.toggle("used", ids.some((id) => counts.has(id)));
      if (edges.size > 0 && ids.some((id) => (counts.get(id) || 0) > (edges.get(id) || 0))) flash(line);
    }
    edges = counts;
    const deliveries = summary.deliveries.map(([source, count]) => `${number.format(count)} ${source}`).join(", ");
    setText($("about"), `Version ${summary.version}, table ${summary.table}, ${plural(summary.loops, "event loop")}. ` +
      `Deliveries handled: ${deliveries}. Handler failures: ${number.format(summary.handler_failures)}, ` +
      `store failures: ${number.format(summary.store_failures)}, begun anew: ${number.format(summary.restarts)}.`);
  };

  // A screen reader is told at most every ten seconds.
  let isQuiet = false;
  const speak = () => {
    if (isQuiet) return;
    isQuiet = true;
    setText($("spoken"), $("summary").textContent);
    setTimeout(() => { isQuiet = false; if ($("spoken").textContent !== $("summary").textContent) speak(); }, 10000);
  };

  const flash = (line) => {
    line.classList.add("flash");
    clearTimeout(line.flashing);
    line.flashing = setTimeout(() => line.classList.remove("flash"), 1200);
  };

  // The list: only the rows in sight are elements.

  const list = $("list");
  const elements = new Map();
  let isDrawing = false;

  const keep = (row) => ({
    name: row[0], server: row[1], state: row[2], since: row[3], attempt: row[4], problem: row[5] === 1,
    key: `${row[0]}\n${row[1]}`.toLowerCase(),
  });

  // New ones are few among those in order already, which is what this sort is fast at.
  const arrange = () => {
    order = order.filter((account) => accounts.get(account.name) === account);
    const known = new Set(order);
    for (const account of accounts.values()) if (!known.has(account)) order.push(account);
    order.sort((a, b) => byName.compare(a.name, b.name));
  };

  const select = () => {
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const activeName = shown[active]?.name;
    const index = filter === null ? -1 : states.indexOf(filter);
    shown = [];
    for (const account of order) {
      if (index >= 0 && account.state !== index) continue;
      if (words.every((word) => account.key.includes(word))) shown.push(account);
    }
    active = activeName === undefined ? -1 : shown.findIndex((account) => account.name === activeName);
    const scope = filter === null ? "" : ` in ${filter}`;
    setText($("found"), shown.length === accounts.size ? `${plural(accounts.size, "account")}` :
      `${number.format(shown.length)} of ${plural(accounts.size, "account")}${scope}`);
    $("spacer").style.height = `${shown.length * rowHeight}px`;
    draw();
  };

  const draw = () => {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      const first = Math.max(0, Math.floor(list.scrollTop / rowHeight) - 4);
      const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / rowHeight) + 4);
      for (const [index, element] of elements) {
        if (index >= first && index < last) continue;
        element.remove();
        elements.delete(index);
      }
      for (let index = first; index < last; index += 1) drawRow(index);
      if (active >= 0) list.setAttribute("aria-activedescendant", `row-${active}`);
      else list.removeAttribute("aria-activedescendant");
    });
  };

  const drawRow = (index) => {
    const account = shown[index];
    let row = elements.get(index);
    if (!row) {
      row = make("div", undefined, { role: "option", class: "row", id: `row-${index}` });
      row.append(make("span", "", { class: "name" }), make("span", "", { class: "tag" }),
        make("span", "", { class: "server" }), make("span", "", { class: "since" }));
      row.style.transform = `translateY(${index * rowHeight}px)`;
      row.addEventListener("click", () => { active = index; open(shown[index].name); draw(); });
      elements.set(index, row);
      list.append(row);
    }
    const state = states[account.state] || "";
    const [name, tag, server, since] = row.children;
    setText(name, account.name);
    setText(tag, account.problem ? `${state}, a problem` : state);
    tag.dataset.kind = account.problem ? "bad" : kinds[state] || "quiet";
    setText(server, account.server);
    setText(since, span(now() - account.since));
    row.setAttribute("aria-selected", String(account.name === chosen));
    row.setAttribute("aria-setsize", String(shown.length));
    row.setAttribute("aria-posinset", String(index + 1));
    row.classList.toggle("active", index === active);
  };

  const move = (to) => {
    if (shown.length === 0) return;
    active = Math.max(0, Math.min(shown.length - 1, to));
    const top = active * rowHeight;
    if (top < list.scrollTop) list.scrollTop = top;
    if (top + rowHeight > list.scrollTop + list.clientHeight) list.scrollTop = top + rowHeight - list.clientHeight;
    draw();
  };

  list.addEventListener("scroll", draw, { passive: true });
  list.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(list.clientHeight / rowHeight) - 1);
    const moves = {
      ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: shown.length - 1,
    };
    if (event.key in moves) move(moves[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && shown[active]) {
      open(shown[active].name).then(() => $("detail").focus({ preventScroll: false }));
    } else return;
    event.preventDefault();
  });
  $("search").addEventListener("input", () => { list.scrollTop = 0; select(); });
  addEventListener("resize", draw);

  // One account.

  const open = async (name) => {
    chosen = name;
    history.replaceState(null, "", `#${encodeURIComponent(name)}`);
    await refresh();
  };

  const refresh = async () => {
    const name = chosen;
    if (name === null) return;
    const response = await ask(`/api/accounts/${encodeURIComponent(name)}`).catch(() => null);
    if (!response || name !== chosen) return;
    setText($("detail-heading"), name);
    if (!response.ok) {
      $("detail-body").hidden = true;
      $("detail-hint").hidden = false;
      setText($("detail-hint"), response.status === 404 ? "This account has gone." : `The gateway answered ${response.status}.`);
      return;
    }
    showAccount(await response.json());
  };

  const pairs = (list, entries, wrap) => {
    list.replaceChildren(...entries.flatMap(([term, value, kind]) => {
      const [dt, dd] = [make("dt", term), make("dd", value)];
      if (kind) dd.className = kind;
      if (!wrap) return [dt, dd];
      const group = make("div");
      group.append(dt, dd);
      return [group];
    }));
  };

  // The account in the panel, as it was told last: its age goes on.
  let detail = null;
  const showAge = () => {
    const place = $("facts").querySelector("dd");
    if (detail && place) setText(place, `${states[detail.state]}, for ${span(now() - detail.since)}`);
  };

  const showAccount = (account) => {
    detail = account;
    $("detail-hint").hidden = true;
    $("detail-body").hidden = false;
    const facts = [
      ["State", `${states[account.state]}, for ${span(now() - account.since)}`], ["Evidence", account.evidence],
      ["Server", account.server], ["Attempt", number.format(account.attempt)], ["Event loop", String(account.loop)],
    ];
    if (account.problem) facts.splice(1, 0, ["Problem", account.problem, "bad"]);
    if (account.catch_up) facts.push(["Catch-up", account.catch_up]);
    pairs($("facts"), facts, false);
    const counts = [...account.deliveries, ...(account.connection || [])].map(([name, count]) => [name, number.format(count)]);
    pairs($("counts"), counts, true);
    $("history").replaceChildren(...[...account.history].reverse().map((record) => {
      const row = make("tr", undefined, { role: "row" });
      const at = new Date(record.at);
      const time = make("time", at.toLocaleTimeString(), { datetime: at.toISOString(), title: at.toLocaleString() });
      const cell = (text) => make("td", text, { role: "cell" });
      const when = cell();
      when.append(time);
      row.append(when, cell(record.id), cell(`${states[record.from]} → ${states[record.to]}`),
        cell(`${record.event}: ${record.reason}`));
      return row;
    }));
    showTimeline(account.history);
  };

  // Long states would leave no room for short ones: lengths are drawn by their square root.
  const showTimeline = (history) => {
    const parts = history.map((record, index) => {
      const end = index + 1 < history.length ? history[index + 1].at : now();
      return { state: states[record.to], length: Math.max(0, end - record.at), attempt: record.attempt };
    });
    const width = (part) => Math.sqrt(part.length + 100);
    const whole = parts.reduce((sum, part) => sum + width(part), 0);
    $("timeline").replaceChildren(...parts.map((part) => {
      const words = `${part.state}, ${span(part.length)}, attempt ${part.attempt}`;
      const element = make("span", width(part) / whole > 0.15 ? part.state : "", { title: words });
      element.dataset.kind = kinds[part.state] || "quiet";
      element.style.flexGrow = String(width(part));
      element.style.flexBasis = "0";
      return element;
    }));
    setText($("timeline-text"), parts.length === 0 ? "Nothing happened yet." :
      `${plural(parts.length, "part")} in ${span(now() - history[0].at)}; the longer, the wider, but not in proportion.`);
  };

  // The link to the gateway.

  const ask = (path, options = {}) =>
    fetch(path, { ...options, cache: "no-store", headers: token ? { Authorization: `Bearer ${token}` } : {} });

  const setLink = (kind, words) => {
    $("link").dataset.link = kind;
    setText($("link-text"), words);
  };

  const handlers = {
    summary: showSummary,
    accounts: (part) => {
      if (part.first) arriving = new Map();
      for (const row of part.rows) arriving?.set(row[0], keep(row));
      if (!part.last || !arriving) return;
      accounts = arriving;
      arriving = null;
      arrange();
      select();
      refresh();
    },
    changes: (part) => {
      let isRearranged = part.removed.length > 0;
      for (const row of part.rows) {
        const known = accounts.get(row[0]);
        if (known) Object.assign(known, keep(row));
        else accounts.set(row[0], keep(row));
        isRearranged ||= !known;
      }
      for (const name of part.removed) accounts.delete(name);
      if (isRearranged) arrange();
      if (isRearranged || filter !== null) select();
      else draw();
      if (part.rows.some((row) => row[0] === chosen) || part.removed.includes(chosen)) refresh();
    },
  };

  const take = (block) => {
    let name = "";
    let data = "";
    for (const line of block.split("\n")) {
      if (line.startsWith("event: ")) name = line.slice(7);
      else if (line.startsWith("data: ")) data += line.slice(6);
    }
    if (data && handlers[name]) handlers[name](JSON.parse(data));
  };

  // EventSource can send no token, so the stream is read by fetch.
  const follow = async () => {
    const silence = new AbortController();
    let watchdog;
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silence.abort(), 40000);
    };
    heard();
    try {
      const response = await ask("/api/events", { signal: silence.signal });
      if (response.status === 401) return "token";
      if (!response.ok || !response.body) throw new Error(`the gateway answered ${response.status}`);
      $("token-form").hidden = true;
      $("main").hidden = false;
      setLink("live", "live");
      if (token) sessionStorage.setItem("holdfast-token", token);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return "ended";
        heard();
        rest += value;
        const blocks = rest.split("\n\n");
        rest = blocks.pop();
        blocks.forEach(take);
      }
    } finally {
      clearTimeout(watchdog);
    }
  };

  let pause = 500;
  const run = async () => {
    for (;;) {
      const begun = performance.now();
      const result = await follow().catch(() => "failed");
      if (result === "token") {
        $("main").hidden = true;
        $("token-form").hidden = false;
        setText($("token-error"), token ? "That token is not accepted." : "");
        sessionStorage.removeItem("holdfast-token");
        setLink("lost", "a token is needed");
        setText($("summary"), "");
        $("token").focus();
        return;
      }
      pause = performance.now() - begun > 10000 ? 500 : Math.min(pause * 2, 15000);
      setLink("lost", "no connection to the gateway; trying again");
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
    }
  };

  $("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    token = $("token").value.trim();
    $("token").value = "";
    run();
  });

  setInterval(() => { draw(); showAge(); }, 1000);
  if (location.hash.length > 1) {
    try { chosen = decodeURIComponent(location.hash.slice(1)); } catch { chosen = null; }
  }
  run();
})();
