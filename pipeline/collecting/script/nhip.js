// <nhip-statistics token="…">: the numbers of a site and of a page, for a front end elsewhere, and the view of that page.
//
// An ES module: <script type="module" src="https://CMS/_nhip/nhip.js"></script>. Attributes of the element:
//   token   of the page that the document shows, as the API gives it. It is counted; another page's is another view
//   page    instead of it, a page's number: its views are shown and not counted, as in a list
//   show    "views": the views of the page alone
//   site    the site's number where no token says it; default 1
//   unit    of the visitor statistics, "visits" (default) or "views"
//   lang    "vi" (default) or "en"; else that of the element around
// The text inside is shown until the numbers are known. Styles: the variables and parts below.
//
// The text of display.js counts. The document shows one page, the token that was set last: the same page's newer token is
// no other view. Tokens are good for a day; where a page has an older one, as from a static site, the API gives a new one.
// One stream of numbers for all elements while the document is visible; if it breaks or is silent, they are asked for.
//
// It keeps nothing in the browser and leaves no global names. What fails leaves the text inside.
// `python -m pipeline.collecting.script.build` writes nhip.min.js.
const page = document;
const collector = new URL(".", import.meta.url).href;

// what a token says

const read = (token) => {
  try {
    const letters = atob(token.split(".")[0].replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt());
    const [site, id, , path, , , hour] = JSON.parse(new TextDecoder().decode(bytes));
    return { site, id, path, hour };
  } catch {
    return {};
  }
};

// In the place of the browser's, for display.js: a token that is too old is replaced before it is sent, or when the
// collector says so, since clocks may be wrong.
const fetch = async (address, options) => {
  const told = JSON.parse(options.body);
  if (!told.t) return {};
  const renew = async () => {
    const answer = await self.fetch(`${collector}../api/v2/pages/${read(told.t).id}/?fields=_,statistics(token)`);
    told.t = (await answer.json()).statistics.token;
    told.p = read(told.t).path;
  };
  const ask = () => self.fetch(address, { ...options, body: JSON.stringify(told) });
  if (Date.now() / 36e5 - read(told.t).hour > 24) await renew();
  const answer = await ask();
  if (answer.headers.get("X-Nhip") != "old-token") return answer;
  await renew();
  return ask();
};

let t, p;
//= display.js

// which page the document shows

let shown = 0;
let shownAt = "";
let popped;

addEventListener("popstate", () => (popped = location.href));

const count = (token) => {
  const { id, path } = read(token);
  if (!id) return;
  message.t = token;
  message.p = path;
  if (id == shown) return;
  const at = location.href;
  if (shownAt) {
    message.r = shownAt.slice(0, 2e3);
    message.n = popped == at ? "back_forward" : "navigate";
  }
  shown = id;
  shownAt = at;
  popped = displayed = 0;
  look();
};

// A framework may take an element away and put it back: the page is left if the address is another one, too.
const leave = () => {
  if (location.href != shownAt && ![...elements].some((element) => element.token)) {
    shown = 0;
    message.t = "";
  }
};

// numbers

const elements = new Set();
const now = () => performance.now();
let query = "";
let stream;
let heard; // words of this stream
let heardAt;
let failures = 0;
let retryAt = 0;
let askAt = 0;
let readAt = -1e9;
let summary = {};
let views = {};

const draw = () => elements.forEach((element) => element.draw());

// Readings of several processes are compared by their moment on this page's own clock, from the question on. The same
// one comes again for another page, and its age is said in tenths of a second.
const take = (age, news, at) => {
  at -= age * 1e3;
  if (age == null || at < readAt - 200) return;
  readAt = at;
  summary = news.summary;
  views = { ...views, ...news.pages };
  draw();
};

const hear = ({ data }) => {
  const news = JSON.parse(data);
  if (heard++) failures = 0; // a first word alone may be all that comes through
  heardAt = now();
  take(news.age, news, heardAt);
};

const stop = () => {
  if (stream) stream.close();
  stream = 0;
};

const lose = () => {
  stop();
  retryAt = now() + Math.min(6e4, 5e3 * 2 ** failures++);
  ask();
};

const listen = () => {
  heard = 0;
  heardAt = now();
  stream = new EventSource(collector + "live?" + query);
  stream.onmessage = hear;
  stream.addEventListener("beat", hear);
  stream.onerror = lose;
};

const ask = async () => {
  const at = now();
  askAt = at + 5e3;
  try {
    const [ofSite, ofPages] = await Promise.all(
      ["summary.json?" + query, "pages.json?" + query].map((name) => self.fetch(collector + name, { cache: "no-cache" })),
    );
    const age = ofSite.headers.get("X-Nhip-Age");
    take(age && +age, { summary: await ofSite.json(), pages: (await ofPages.json()).pages }, at);
  } catch {}
};

const tick = () => {
  if (!query || page.prerendering || page.hidden) return stop();
  if (stream && now() - heardAt > (heard ? 1e4 : 4e3)) lose();
  if (!stream && now() >= retryAt) listen();
  if (!stream && now() >= askAt) ask();
  draw();
};

const want = () => {
  const [first] = elements;
  const ids = [...new Set([...elements].map((element) => element.of))].filter((id) => id).slice(0, 100);
  const wanted = first
    ? `site=${read(first.token).site || +first.site || 1}&unit=${first.unit == "views" ? "views" : "visits"}&pages=${ids}&ids=${ids}`
    : "";
  if (wanted == query) return;
  query = wanted;
  retryAt = 0;
  stop();
  tick();
};

setInterval(tick, 1e3);
page.addEventListener("visibilitychange", tick);
page.addEventListener("prerenderingchange", tick);

// the element

const ROWS = ["online", "today", "week", "month", "total"];
const VI = ["Đang truy cập", "Hôm nay", "Trong tuần", "Tháng hiện tại", "Tổng lượt truy cập", "Lượt xem", "Số liệu lúc", "vi-VN"];
const EN = ["Online now", "Today", "This week", "This month", "Total visits", "Views", "As of", "en-GB"];
const ATTRIBUTES = ["token", "page", "show", "site", "unit"];
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// In no tag and no attribute, which a strict Content-Security-Policy would refuse.
const sheet = new CSSStyleSheet();
sheet.replaceSync(
  ":host{display:block}dl,dd,p{margin:0}" +
    "div{display:flex;justify-content:space-between;gap:1em;padding:var(--nhip-row-padding,.25em 0)}" +
    "div+div{border-top:var(--nhip-line,none)}dt{color:var(--nhip-label-color,inherit)}" +
    "dd{color:var(--nhip-number-color,inherit);font-weight:var(--nhip-number-weight,700);font-variant-numeric:tabular-nums}" +
    ":host([show=views]),:host([show=views]) *{display:inline}:host([hidden]),[hidden]{display:none!important}" +
    "[role]{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}",
);

const make = (tag, part, ...inside) => {
  const made = page.createElement(tag);
  if (part) made.setAttribute("part", part);
  made.append(...inside);
  return made;
};

class Statistics extends HTMLElement {
  static observedAttributes = [...ATTRIBUTES, "lang"];

  connectedCallback() {
    elements.add(this);
    this.build();
    this.sight = new IntersectionObserver((seen) => (this.inSight = seen.at(-1).isIntersecting));
    this.sight.observe(this);
  }

  disconnectedCallback() {
    elements.delete(this);
    this.sight.disconnect();
    setTimeout(leave);
    queueMicrotask(want);
  }

  attributeChangedCallback(_name, before, after) {
    if (before != after && elements.has(this)) this.build();
  }

  // The page whose views it shows.
  get of() {
    return read(this.token).id || this.page >>> 0;
  }

  build() {
    const around = this.closest("[lang]");
    const words = (this.words = around && around.lang.startsWith("en") ? EN : VI);
    const only = this.show == "views";
    this.format = new Intl.NumberFormat(words[7]).format;
    this.rows = (only ? ["views"] : ROWS).map((name, at) => [
      name,
      make("dt", "label", words[only ? 5 : at] + (only ? ": " : "")),
      make("dd", "number " + name),
    ]);
    this.list = make("dl", "list", ...this.rows.map(([name, ...cells]) => make("div", "row " + name, ...cells)));
    this.asOf = make("p", "as-of");
    this.status = make("p");
    this.status.role = "status";
    this.saidAt = now();
    const root = this.shadowRoot || this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren((this.text = make("slot")), this.list, this.asOf, this.status);
    count(this.token);
    setTimeout(leave);
    queueMicrotask(want);
    this.draw();
  }

  draw() {
    const { words, rows, list, asOf, status } = this;
    const values = rows.map(([name]) => (name == "views" ? views[this.of] : summary[name]));
    const known = values.some((value) => value != null);
    this.text.hidden = known;
    list.hidden = !known;
    rows.forEach(([, , number], at) => {
      const text = values[at] == null ? "–" : this.format(values[at]);
      if (number.textContent == text) return;
      if (number.textContent && !calm.matches) number.animate({ opacity: [0.3, 1] }, 1500);
      number.textContent = text;
    });
    if (rows.length < 2) return;
    asOf.hidden = !known || now() - readAt < 6e4;
    asOf.textContent = `${words[6]} ${new Date(summary.as_of * 1e3).toLocaleString(words[7], { timeZone: "Asia/Ho_Chi_Minh", dateStyle: "short", timeStyle: "short" })}`;
    // Numbers change silently; readers of screens are told politely, at most once a minute while they are in sight.
    if (!known || !this.inSight || now() - this.saidAt < 6e4) return;
    this.saidAt = now();
    status.textContent = rows.map(([, label, number]) => label.textContent + " " + number.textContent).join(", ");
  }
}

for (const name of ATTRIBUTES)
  Object.defineProperty(Statistics.prototype, name, {
    get() {
      return this.getAttribute(name) || "";
    },
    set(value) {
      this.setAttribute(name, value ?? "");
    },
  });

if (!customElements.get("nhip-statistics")) customElements.define("nhip-statistics", Statistics);
