/* The turns of Chatterbox's agents as a waterfall: what took how long, what ran at once. */

// Before Home Assistant 2026.11 this module can be there before the frontend, which then puts
// registries and an HTMLElement of its own in the place of the browser's, and knows no element
// that was defined before.
await customElements.whenDefined("home-assistant");

const TYPE = "chatterbox-timeline-card";
const DOCUMENTATION =
  "https://github.com/chatterbox-assist/chatterbox/blob/main/docs/latency.md";
const OWN = new Set(["prepare", "request", "recognize", "finish"]);
const SHOWN_SAVING = 0.05; // Seconds below which nothing is said to be saved.
const SHOWN_OWN = 0.01; // Part of a turn below which own work gets no row.

const STYLE = `
:host { display: block; }
.card { --model: #3d6fd6; --tool: #0c8577; --cache: #8350c9; --speech: #b86a00;
  --own: #7d8590; --bad: var(--error-color, #c62828); --good: #1b7f3b;
  --ink: var(--primary-text-color, #1c1c1c); --soft: var(--secondary-text-color, #6b6b6b);
  --paper: var(--card-background-color, #fff); --line: var(--divider-color, #0000001f);
  padding: 16px; color: var(--ink); container-type: inline-size;
  font-variant-numeric: tabular-nums; line-height: 1.35; }
.card[dark] { --model: #7ea6ff; --tool: #3fc2b0; --cache: #bd97ff; --speech: #f2ab4b;
  --own: #8d96a3; --bad: #ff8a80; --good: #6fd08c; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; }
h2 { margin: 0; font-size: 1.25rem; font-weight: 500; flex: 1 1 auto; }
.pill { border-radius: 999px; padding: 2px 10px; font-size: .85rem; font-weight: 600;
  color: var(--good); background: color-mix(in srgb, var(--good) 14%, transparent); }
.pill.bad { color: var(--bad); background: color-mix(in srgb, var(--bad) 14%, transparent); }
.pill.live { color: var(--model); background: color-mix(in srgb, var(--model) 14%, transparent); }
.pill.other { color: var(--model); background: color-mix(in srgb, var(--model) 14%, transparent); }
.live::before { content: ""; display: inline-block; inline-size: 8px; block-size: 8px;
  margin-inline-end: 6px; border-radius: 50%; background: currentColor; animation: beat 1s infinite; }
@keyframes beat { 50% { opacity: .25; } }
.said { margin: 6px 0 0; color: var(--soft); overflow-wrap: anywhere; }
.said q { color: var(--ink); font-style: italic; }
dl { margin: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(74px, 1fr));
  gap: 8px 10px; margin: 12px 0; }
.figures dt, .more dt { color: var(--soft); font-size: .78rem; }
.figures dd { margin: 0; font-size: 1.15rem; font-weight: 500; }
.figures [part] dt::before { content: ""; display: inline-block; inline-size: 8px;
  block-size: 8px; margin-inline-end: 5px; border-radius: 2px; background: var(--part); }
.chart { position: relative; --labels: 34%; --ends: 4.4em; }
.axis { position: relative; block-size: 18px; margin-inline: calc(var(--labels) + 8px) calc(var(--ends) + 8px);
  font-size: .72rem; color: var(--soft); }
.axis span { position: absolute; inset-inline-start: calc(var(--s) / var(--total) * 100%);
  white-space: nowrap; translate: -50% 0; }
.axis span:dir(rtl) { translate: 50% 0; }
.axis span:first-child { translate: none; }
.lines { position: absolute; inset-block: 18px 0; pointer-events: none;
  inset-inline: calc(var(--labels) + 8px) calc(var(--ends) + 8px); }
.lines i { position: absolute; inset-block: 0; inline-size: 0; border-inline-start: 1px solid var(--line);
  inset-inline-start: calc(var(--s) / var(--total) * 100%); }
.lines i.word { border-inline-start: 2px dashed var(--speech); }
ol { list-style: none; margin: 0; padding: 0; position: relative; }
button { font: inherit; color: inherit; background: none; border: 0; margin: 0; padding: 0;
  text-align: start; cursor: pointer; inline-size: 100%; border-radius: 6px; }
button:focus-visible { outline: 2px solid var(--primary-color, var(--model)); outline-offset: 1px; }
.row { display: grid; grid-template-columns: var(--labels) 1fr var(--ends); gap: 8px;
  align-items: center; padding-block: 3px; min-block-size: 34px; }
.row:hover, .row[aria-expanded=true] { background: color-mix(in srgb, var(--ink) 6%, transparent); }
.row .took, .more { position: relative; background: var(--paper); border-radius: 6px; }
.name { min-inline-size: 0; padding-inline-start: 4px; }
.name b { display: block; font-weight: 500; font-size: .9rem; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.name small { display: block; color: var(--soft); font-size: .74rem; overflow-wrap: anywhere; }
.name small.bad { color: var(--bad); font-weight: 600; }
.name small.cache { color: var(--cache); font-weight: 600; }
.took { text-align: end; font-size: .85rem; padding-inline: 4px; white-space: nowrap; }
.row:hover .took, .row[aria-expanded=true] .took { background: none; }
.track { position: relative; block-size: 18px; }
.bar { position: absolute; inset-block: 2px; min-inline-size: 3px; border-radius: 3px;
  inset-inline-start: calc(var(--s) / var(--total) * 100%);
  inline-size: calc((var(--e) - var(--s)) / var(--total) * 100%); background: var(--part); }
.bar.pre { background: color-mix(in srgb, var(--part) 32%, var(--paper)); border-start-end-radius: 0; border-end-end-radius: 0; }
.bar.thinking { background: repeating-linear-gradient(90deg, var(--part) 0 3px,
  color-mix(in srgb, var(--part) 45%, var(--paper)) 3px 6px); }
.bar.wait { background: repeating-linear-gradient(-45deg, var(--part) 0 2px,
  color-mix(in srgb, var(--part) 12%, var(--paper)) 2px 7px);
  box-shadow: inset 0 0 0 1px var(--part); }
.bar.spoken { inset-block: auto -2px; block-size: 3px; background: var(--speech); }
.bar.on { border-start-end-radius: 0; border-end-end-radius: 0; animation: beat 1.4s infinite; }
.mark { position: absolute; inset-block: 1px auto; inset-inline-start: calc(var(--e) / var(--total) * 100%);
  margin-inline-start: 5px; font-size: .8rem; line-height: 16px; font-weight: 700; color: var(--part); }
[part=model] { --part: var(--model); } [part=tool] { --part: var(--tool); }
[part=cache] { --part: var(--cache); } [part=own], [part=gate] { --part: var(--own); }
[part=speech] { --part: var(--speech); } [part=bad] { --part: var(--bad); }
.more { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 6px 16px;
  margin: 2px 4px 8px; padding: 8px 12px; border-inline-start: 3px solid var(--part);
  background: color-mix(in srgb, var(--ink) 4%, var(--paper)); border-radius: 0 6px 6px 0; font-size: .88rem; }
.more:dir(rtl) { border-radius: 6px 0 0 6px; }
.more dd { margin: 0; overflow-wrap: anywhere; }
.saved { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 10px 0 0; padding: 0;
  font-size: .88rem; color: var(--good); font-weight: 500; }
.saved .plain { color: var(--soft); font-weight: 400; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-block-start: 8px; padding: 0;
  font-size: .74rem; color: var(--soft); list-style: none; }
.legend i { position: relative; display: inline-block; inline-size: 18px; block-size: 9px; margin-inline-end: 5px;
  --s: 0; --e: 1; --total: 1; }
.legend i .bar { inset-block: 0; }
.legend i.word { inline-size: 0; block-size: 11px; border-inline-start: 2px dashed var(--speech); vertical-align: -1px; }
h3 { font-size: .85rem; font-weight: 500; color: var(--soft); margin: 14px 0 4px; }
.turn { display: grid; grid-template-columns: minmax(5.6em, max-content) 1fr 4em 1em; gap: 8px; align-items: center;
  padding: 4px; font-size: .85rem; min-block-size: 28px; }
.turn:hover { background: color-mix(in srgb, var(--ink) 6%, transparent); }
.turn[aria-pressed=true] { background: color-mix(in srgb, var(--model) 12%, transparent); }
.turn .track { block-size: 10px; } .turn .bar { inset-block: 0; border-radius: 2px; min-inline-size: 2px; }
.turn em { font-style: normal; color: var(--soft); white-space: nowrap; }
.turn .state { color: var(--bad); font-weight: 700; text-align: center; }
.none { color: var(--soft); margin: 16px 0 4px; }
.quiet { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
@container (max-width: 540px) {
  .chart { --labels: 0px; --ends: 0px; }
  .axis, .lines { margin-inline: 4px; inset-inline: 0; }
  .axis { margin-inline: 4px; }
  .row { grid-template-columns: 1fr auto; gap: 0 8px; padding-block: 5px; }
  .row .track { grid-column: 1 / -1; grid-row: 2; margin-inline: 4px; }
  .name { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 8px; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
@media (forced-colors: active) { .bar { forced-color-adjust: none; } }
`;

/** Make an element; `on…` are listeners, `--…` style properties, null and false are left out. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== false));
  return element;
}

/** Return a step that divides so many seconds into at most five parts. */
function tickStep(total) {
  const rough = total / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough);
}

/** Return the name of a tool as people know it. */
function toolName(name) {
  return name.replace(/^intent__/, "").replace("__", ".");
}

/** Return which colour a span has. */
function partOf(span) {
  if (span.outcome === "failed" || span.failed) return "bad";
  if (OWN.has(span.kind)) return "own";
  return ["hit", "stale", "joined"].includes(span.cache) ? "cache" : span.kind;
}

class ChatterboxTimelineCard extends HTMLElement {
  static getStubConfig() {
    return {};
  }

  static getConfigForm() {
    return {
      schema: [
        {
          name: "agent",
          selector: { entity: { filter: { integration: "chatterbox", domain: "conversation" } } },
        },
        { name: "title", selector: { text: {} } },
        { name: "turns", default: 5, selector: { number: { min: 1, max: 50, mode: "box" } } },
      ],
      computeLabel: (field) => backendWord(`editor_${field.name}`) ?? field.name,
    };
  }

  setConfig(config) {
    if (config.turns !== undefined && !(config.turns >= 1 && config.turns <= 50)) {
      throw new Error("turns: 1 – 50");
    }
    const resubscribe = this._config && config.agent !== this._config.agent;
    this._config = { turns: 5, ...config };
    if (resubscribe) this._resubscribe();
    this._render();
  }

  set hass(hass) {
    const before = this._hass;
    this._hass = hass;
    if (before?.language !== hass.language) this._loadWords();
    if (!before) this._subscribe();
    if (before?.connection && before.connection !== hass.connection) this._resubscribe();
    if (before?.themes?.darkMode !== hass.themes?.darkMode) this._render();
  }

  connectedCallback() {
    this._subscribe();
  }

  disconnectedCallback() {
    this._unsubscribe();
  }

  getCardSize() {
    return 8;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6 };
  }

  async _loadWords() {
    this._words = await this._hass.loadBackendTranslation("common", "chatterbox");
    this._render();
  }

  _say(key, values) {
    return this._words?.(`component.chatterbox.common.${key}`, values) || key;
  }

  // The turns, as the subscription brings them.

  _resubscribe() {
    this._unsubscribe();
    this._subscribe();
  }

  async _subscribe() {
    if (!this._hass || !this._config || !this.isConnected || this._subscription) return;
    this._turns = new Map();
    this._error = null;
    const message = { type: "chatterbox/turns/subscribe", limit: 50 };
    if (this._config.agent) message.agent = this._config.agent;
    const subscription = this._hass.connection.subscribeMessage(
      (event) => this._receive(event),
      message,
    );
    this._subscription = subscription;
    try {
      await subscription;
    } catch (error) {
      if (this._subscription !== subscription) return;
      this._error = error.message || String(error);
      this._subscription = null;
      this._render();
    }
  }

  _unsubscribe() {
    this._subscription?.then((stop) => stop()).catch(() => {});
    this._subscription = null;
    cancelAnimationFrame(this._frame);
  }

  _receive({ turns, turn }) {
    for (const each of turns ?? [turn]) {
      if (!each.outcome) each.received = performance.now();
      else if (this._turns.get(each.id)?.received) this._announce(each);
      this._turns.set(each.id, each);
    }
    // A new connection begins with the last turns again.
    while (this._turns.size > 50) this._turns.delete(this._turns.keys().next().value);
    if (turn && !turn.outcome && this._live !== turn.id) {
      this._live = turn.id;
      this._chosen = null;
      this._open = null;
    }
    this._render();
  }

  _announce(turn) {
    const saved = this._saved(turn);
    const words = [`${this._say("total")}: ${this._seconds(turn.total)}`];
    if (saved >= SHOWN_SAVING) words.push(this._say("saved", { time: this._seconds(saved) }));
    if (turn.outcome !== "done") words.push(this._say(`outcome_${turn.outcome}`));
    else if (turn.answered_by !== "model") words.push(this._say(`answered_by_${turn.answered_by}`));
    this._news = words.join(", ");
  }

  // Words and numbers.

  get _language() {
    return this._hass?.locale?.language ?? this._hass?.language ?? "en";
  }

  /** Return seconds in words, with the SI's symbols, which every language knows. */
  _seconds(seconds) {
    if (seconds === null || seconds === undefined) return "–";
    const short = seconds < 0.1;
    const digits = short ? (seconds < 0.01 ? 1 : 0) : seconds < 10 ? 2 : 1;
    const number = new Intl.NumberFormat(this._language, {
      minimumFractionDigits: short ? 0 : digits,
      maximumFractionDigits: digits,
    }).format(short ? seconds * 1000 : seconds);
    return `${number}\u00a0${short ? "ms" : "s"}`;
  }

  _number(value) {
    return value === undefined ? "–" : new Intl.NumberFormat(this._language).format(value);
  }

  _time(turn) {
    const { time_format: format, time_zone: zone } = this._hass.locale ?? {};
    return new Intl.DateTimeFormat(this._language, {
      timeStyle: "medium",
      hour12: { 12: true, 24: false }[format],
      timeZone: zone === "server" ? this._hass.config.time_zone : undefined,
    }).format(new Date(turn.started));
  }

  _saved(turn) {
    return (turn.saved_parallel ?? 0) + (turn.saved_cache ?? 0);
  }

  _elapsed(turn) {
    if (turn.outcome) return turn.total;
    return turn.total + (performance.now() - turn.received) / 1000;
  }

  // The picture.

  _render() {
    if (!this._config || !this._hass || !this._words) return;
    if (!this.shadowRoot) {
      this.attachShadow({ mode: "open" });
      this._box = make("div", { class: "card" });
      this._live_region = make("div", { class: "quiet", "aria-live": "polite" });
      this.shadowRoot.append(
        make("style", {}, STYLE),
        make("ha-card", {}, this._box),
        this._live_region,
      );
    }
    const focused = this.shadowRoot.activeElement?.dataset.key;
    const turns = [...(this._turns?.values() ?? [])].sort((a, b) => (a.started < b.started ? 1 : -1));
    const turn = turns.find((each) => each.id === this._chosen) ?? turns[0];
    const rtl = this._hass.translationMetadata?.translations?.[this._hass.language]?.isRTL;
    this._box.dir = rtl ? "rtl" : "ltr";
    this._box.toggleAttribute("dark", Boolean(this._hass.themes?.darkMode));
    this._box.replaceChildren(this._header(turn), ...(turn ? this._turn(turn) : this._nothing()));
    if (turns.length > 1 && this._config.turns > 1) this._box.append(this._list(turns, turn));
    if (focused) this.shadowRoot.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    if (this._news && this._live_region.textContent !== this._news) {
      this._live_region.textContent = this._news;
    }
    cancelAnimationFrame(this._frame);
    if (turn && !turn.outcome) this._animate(turn);
  }

  /** Let what is on grow until the next message comes. */
  _animate(turn) {
    this._frame = requestAnimationFrame(() => {
      const chart = this.shadowRoot.querySelector(".chart");
      const now = this._elapsed(turn);
      if (now > this._scale) return this._render();
      chart?.style.setProperty("--now", now);
      const total = this.shadowRoot.querySelector("[data-figure=total]");
      if (total) total.textContent = this._seconds(Math.round(now * 10) / 10);
      return this._animate(turn);
    });
  }

  _header(turn) {
    const title = this._config.title || this._say("title");
    const saved = turn ? this._saved(turn) : 0;
    let state = null;
    if (turn && !turn.outcome) {
      state = make("span", { class: "pill live" }, this._say("running"));
    } else if (turn && turn.outcome !== "done") {
      state = make("span", { class: "pill bad" }, `✕ ${this._say(`outcome_${turn.outcome}`)}`);
    }
    const by =
      turn?.outcome === "done" && turn.answered_by !== "model" &&
      make("span", { class: "pill other" }, this._say(`answered_by_${turn.answered_by}`));
    const gain =
      saved >= SHOWN_SAVING &&
      make("span", { class: "pill" }, `⚡ ${this._say("saved", { time: this._seconds(saved) })}`);
    return make("header", {}, make("h2", {}, title), state, by, gain);
  }

  _nothing() {
    const words = this._error
      ? this._say("not_available", { error: this._error })
      : this._say("no_turns");
    return [make("p", { class: "none" }, words)];
  }

  _turn(turn) {
    const said = turn.heard
      ? make("p", { class: "said" }, make("q", {}, turn.heard), turn.answered ? " → " : "",
          turn.answered ? make("q", {}, turn.answered) : "")
      : null;
    return [said, this._figures(turn), this._chart(turn), this._savings(turn), this._legend(turn)]
      .filter(Boolean);
  }

  _figures(turn) {
    const figures = [
      ["total", null], ["ttfs", "speech"], ["llm_time", "model"], ["tool_time", "tool"], ["own_time", "own"],
    ];
    return make("dl", { class: "figures" }, figures.map(([name, part]) =>
      make("div", { part }, make("dt", {}, this._say(name)),
        make("dd", { "data-figure": name }, this._seconds(turn[name])))));
  }

  _chart(turn) {
    const elapsed = this._elapsed(turn);
    let total = Math.max(elapsed, 0.001);
    const step = tickStep(turn.outcome ? total : Math.max(total, 1) * 1.25);
    if (!turn.outcome) total = Math.ceil((Math.max(total, 0.8) * 1.15) / step) * step;
    this._scale = total;
    const ticks = [];
    for (let at = 0; at <= total * 0.97; at += step) ticks.push(at);
    const spans = turn.spans.filter((span) => this._isShown(span, turn));
    const chart = make("div", { class: "chart", "--total": total, "--now": elapsed },
      make("div", { class: "axis", "aria-hidden": "true" },
        ticks.map((at) => make("span", { "--s": at }, this._tick(at)))),
      make("div", { class: "lines" }, ticks.map((at) => make("i", { "--s": at })),
        turn.ttfs !== null && make("i", { class: "word", "--s": turn.ttfs })),
      make("ol", { "aria-label": this._say("rows") }, spans.map((span, index) =>
        this._row(span, `${span.kind}-${index}`, turn, spans))));
    const list = chart.querySelector("ol");
    list.addEventListener("keydown", (event) => this._move(event, list));
    const rows = [...list.querySelectorAll(".row")];
    (rows.find((row) => row.dataset.key === this._open) ?? rows[0])?.setAttribute("tabindex", "0");
    return chart;
  }

  _tick(at) {
    const number = new Intl.NumberFormat(this._language, { maximumFractionDigits: 2 }).format(at);
    return `${number}\u00a0s`;
  }

  _isShown(span, turn) {
    if (!OWN.has(span.kind)) return true;
    return (span.end ?? this._elapsed(turn)) - span.start > SHOWN_OWN * turn.total;
  }

  _move(event, list) {
    const rows = [...list.querySelectorAll(".row")];
    const at = rows.indexOf(this.shadowRoot.activeElement);
    const to = {
      ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1,
    }[event.key];
    if (event.key === "Escape" && this._open) {
      this._open = null;
      this._render();
    } else if (to !== undefined && rows[to]) {
      rows[at]?.setAttribute("tabindex", "-1");
      rows[to].setAttribute("tabindex", "0");
      rows[to].focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  _name(span, spans) {
    if (span.kind === "tool") return toolName(span.tool);
    const name = this._say(`span_${span.kind}`);
    if (span.kind !== "model") return name;
    const calls = spans.filter((each) => each.kind === "model");
    return calls.length > 1 ? `${name} ${this._number(calls.indexOf(span) + 1)}` : name;
  }

  /** Return the names of the one or two things that a call writes, or else reads. */
  _touched(span) {
    const ids = span.writes ?? span.reads ?? [];
    const names = ids.map((id) => this._hass.states[id]?.attributes.friendly_name);
    return names.length <= 2 && names.every(Boolean) ? names.join(", ") : "";
  }

  /** Return what is worth a word at once: how it failed, where it came from, its waits. */
  _notes(span) {
    const touched = this._touched(span);
    const notes = touched ? [["", touched]] : [];
    if (span.outcome === "failed" || span.outcome === "cancelled") {
      notes.push(["bad", `✕ ${this._say(`outcome_${span.outcome}`)}`]);
    } else if (span.failed) {
      notes.push(["bad", `✕ ${this._say("outcome_failed")} (${span.finish_reason})`]);
    }
    if (span.outcome === "asked") notes.push(["", this._say("wait_confirmation")]);
    if (span.overdue) notes.push(["bad", this._say("overdue")]);
    if (span.cache && span.cache !== "miss") {
      notes.push(["cache", `⚡ ${this._say(`cache_${span.cache}`)}`]);
    }
    for (const wait of span.waits ?? []) {
      const calls = (wait.calls ?? []).map(toolName).join(", ");
      notes.push(["", this._say(`wait_${wait.reason}`, { calls })]);
    }
    return notes;
  }

  _row(span, key, turn, spans) {
    const open = this._open === key;
    const took = (span.end ?? this._elapsed(turn)) - span.start;
    const notes = this._notes(span);
    const name = this._name(span, spans);
    const part = partOf(span);
    const label = [name, this._seconds(took), ...notes.map(([, words]) => words.replace(/^[⚡✕] /u, ""))];
    const details = this._details(span, turn);
    const button = make("button",
      {
        class: "row", part, type: "button", tabindex: "-1", "data-key": key,
        "aria-expanded": String(open), "aria-label": label.join(", "),
        title: details.map(([term, value]) => `${term}: ${value}`).join("\n"),
        onclick: () => this._toggle(key),
      },
      make("span", { class: "name" }, make("b", {}, name),
        notes.map(([kind, words]) => make("small", { class: kind || null }, words))),
      make("span", { class: "track" }, this._bars(span)),
      make("span", { class: "took" }, span.end === undefined ? "…" : this._seconds(took)));
    return make("li", {}, button, open &&
      make("dl", { class: "more", part }, details.map(([term, value]) =>
        make("div", {}, make("dt", {}, term), make("dd", {}, value)))));
  }

  _toggle(key) {
    this._open = this._open === key ? null : key;
    this._render();
  }

  _bars(span) {
    const bar = (kind, start, end) =>
      make("i", {
        class: `bar ${kind}${end === undefined ? " on" : ""}`,
        "--s": start, "--e": end ?? "var(--now)",
      });
    const bars = [];
    let from = span.start;
    if (span.kind === "model") {
      const first = span.ttft === undefined ? span.end : span.start + span.ttft;
      bars.push(bar("pre", from, first));
      if (span.ttft === undefined) return bars;
      if (span.thinking) {
        bars.push(bar("thinking", first, span.thinking[1]));
        from = span.thinking[1];
      } else from = first;
      bars.push(bar("", from, span.end));
      if (span.text) bars.push(bar("spoken", span.text[0], span.text[1]));
      return bars;
    }
    if (span.kind === "gate") return [bar("wait", from, span.end)];
    for (const wait of span.waits ?? []) {
      bars.push(bar("wait", wait.start, wait.end));
      from = wait.end;
    }
    if (from !== undefined) bars.push(bar("", Math.max(from, span.began ?? from), span.end));
    const mark = { failed: "✕", cancelled: "✕" }[span.outcome] ??
      (span.cache && span.cache !== "miss" ? "⚡" : null);
    if (mark && span.end !== undefined) bars.push(make("span", { class: "mark", "--e": span.end }, mark));
    return bars;
  }

  /** Return terms and values: all that is known of a span. */
  _details(span, turn) {
    const took = (span.end ?? this._elapsed(turn)) - span.start;
    const details = [
      [this._say("began"), this._seconds(span.start)],
      [this._say("took"), this._seconds(took)],
    ];
    const add = (key, value) => {
      if (value !== undefined && value !== null && value !== "") details.push([this._say(key), value]);
    };
    for (const wait of span.waits ?? []) {
      const calls = (wait.calls ?? []).map(toolName).join(", ");
      details.push([
        this._say(`wait_${wait.reason}`, { calls }),
        this._seconds((wait.end ?? this._elapsed(turn)) - wait.start),
      ]);
    }
    if (span.kind === "tool" && span.waits && span.began !== undefined) {
      add("phase_running", this._seconds((span.end ?? this._elapsed(turn)) - span.began));
    }
    if (span.outcome === "asked") add("outcome", this._say("wait_confirmation"));
    else if (span.outcome) add("outcome", this._say(`outcome_${span.outcome}`));
    if (span.overdue) add("outcome", this._say("overdue"));
    if (span.cache) add("cache", this._say(`cache_${span.cache}`));
    if (span.saved) add("saved_label", this._seconds(span.saved));
    add("writes", span.writes?.join(", "));
    add("reads", span.reads?.join(", "));
    if (span.kind === "model") {
      add("ttft", span.ttft === undefined ? null : this._seconds(span.ttft));
      if (span.thinking) add("phase_thinking", this._seconds(span.thinking[1] - span.thinking[0]));
      add("llm_time", [span.model, span.server].filter(Boolean).join(" · "));
      if (span.input_tokens !== undefined) {
        add("tokens", this._say("tokens_value", {
          input: this._number(span.input_tokens),
          output: this._number(span.output_tokens),
          cached: this._number(span.cached_tokens ?? 0),
        }));
      }
      add("finish_reason", span.finish_reason);
    }
    return details;
  }

  _savings(turn) {
    const lines = ["saved_parallel", "saved_cache", "hidden_tool_time"]
      .filter((name) => turn[name] >= SHOWN_SAVING)
      .map((name) => make("li", { class: name === "hidden_tool_time" ? "plain" : null },
        this._say(name, { time: this._seconds(turn[name]) })));
    if (typeof turn.confirmation_time === "number") {
      lines.push(make("li", { class: "plain" },
        this._say("confirmation_time", { time: this._seconds(turn.confirmation_time) })));
    }
    if (turn.foreseen) {
      lines.push(make("li", { class: "plain" }, this._say("foreseen",
        { count: turn.foreseen, used: turn.foreseen_used, wasted: turn.foreseen_wasted })));
    }
    if (turn.primed !== null && turn.primed !== undefined) {
      lines.push(make("li", { class: "plain" }, this._say(turn.primed ? "prompt_warm" : "prompt_cold")));
    }
    if (turn.spans_left_out) {
      lines.push(make("li", { class: "plain" }, this._say("spans_left_out", { count: turn.spans_left_out })));
    }
    return lines.length ? make("ul", { class: "saved" }, lines) : null;
  }

  _legend(turn) {
    const has = (test) => turn.spans.some(test);
    const entry = (part, kind, word) =>
      make("li", {}, make("i", { part }, make("span", { class: `bar ${kind}`, "--s": 0, "--e": 1 })), this._say(word));
    return make("ul", { class: "legend", "aria-hidden": "true" },
      entry("model", "pre", "phase_first_token"),
      has((span) => span.thinking) && entry("model", "thinking", "phase_thinking"),
      entry("model", "", "phase_answer"),
      has((span) => span.kind === "tool") && entry("tool", "", "tool_time"),
      has((span) => span.waits || span.kind === "gate") && entry("own", "wait", "phase_waiting"),
      has((span) => partOf(span) === "cache") && entry("cache", "", "cache_hit"),
      turn.ttfs !== null && make("li", {}, make("i", { class: "word" }), this._say("ttfs")));
  }

  _list(turns, chosen) {
    const shown = turns.slice(0, this._config.turns);
    const longest = Math.max(...shown.map((turn) => this._elapsed(turn)), 0.001);
    const agents = new Set(turns.map((turn) => turn.agent)).size;
    return make("section", {}, make("h3", {}, this._say("latest_turns")),
      make("ol", {}, shown.map((turn) => this._item(turn, longest, turn === chosen, agents > 1))));
  }

  _item(turn, longest, chosen, named) {
    const agent = named && (this._hass.states[turn.agent]?.attributes.friendly_name ?? turn.agent);
    const state = turn.outcome ? this._say(`outcome_${turn.outcome}`) : this._say("running");
    const total = this._seconds(this._elapsed(turn));
    return make("li", {}, make("button",
      {
        class: "turn", type: "button", "data-key": `turn-${turn.id}`, "aria-pressed": String(chosen),
        "aria-label": [this._time(turn), agent, total, state].filter(Boolean).join(", "),
        title: agent || null,
        onclick: () => this._choose(turn.id),
      },
      make("em", {}, this._time(turn)),
      make("span", { class: "track", "--total": longest, "--now": turn.total }, turn.spans.map((span) =>
        make("i", {
          class: `bar${span.kind === "gate" ? " wait" : ""}`, part: partOf(span),
          "--s": span.start, "--e": span.end ?? "var(--now)",
        }))),
      make("span", { class: "took" }, total),
      make("span", { class: "state" }, turn.outcome && turn.outcome !== "done" ? "✕" : "")));
  }

  _choose(id) {
    this._chosen = id;
    this._open = null;
    this._render();
  }
}

/** Return a word of the integration's translations, once they are loaded. */
function backendWord(key) {
  const hass = document.querySelector("home-assistant")?.hass;
  return hass?.localize(`component.chatterbox.common.${key}`) || undefined;
}

/** Load the words for the card picker and the editor as soon as there is a frontend. */
function loadWords(tries = 60) {
  const hass = document.querySelector("home-assistant")?.hass;
  if (hass?.loadBackendTranslation) hass.loadBackendTranslation("common", "chatterbox");
  else if (tries) setTimeout(loadWords, 500, tries - 1);
}

if (!customElements.get(TYPE)) {
  customElements.define(TYPE, ChatterboxTimelineCard);
  window.customCards = window.customCards ?? [];
  window.customCards.push({
    type: TYPE,
    preview: true,
    documentationURL: DOCUMENTATION,
    get name() {
      return backendWord("card_name") ?? "Chatterbox timeline";
    },
    get description() {
      return backendWord("card_description");
    },
  });
  loadWords();
}
