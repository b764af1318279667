// Keeps the numbers of an open page current: the access statistics and every "Lượt xem".
//
// The collector pushes them (server-sent events). Browsers allow six connections per host, so the windows of a browser
// share one stream: a window leads, listens to the collector and tells the others (BroadcastChannel) what it hears. A
// hidden window holds nothing and takes no part. Silence is never taken for "no change": the collector sends a beat
// every four seconds, and the leader says every second that it is there. If the stream is refused, held back by a proxy
// or keeps breaking, the leader asks every few seconds and tries the stream again later.
//
// Numbers are in the order of the readings that they come from. One process counts its readings. Those of two are
// compared by the moment of reading on this page's own clock, which nobody sets: arrival minus age.
//
// Numbers change silently. Screen readers are told of them politely: at most once a minute, while the widget is in sight.
(() => {
  const TICK = 1000; // all times are milliseconds
  const STALE = 60_000;
  const FIRST_WORD = 4000; // of a new stream, which the collector sends at once
  const SILENCE = 10_000; // of a stream: two beats and a half
  const ABSENCE = 4000; // of the leader
  const PATIENCE = 3; // failures of the stream in a row
  const RETRY = 60_000; // at most; soon at first, since the failure may have been of an idle connection
  const ASK = 5000;
  const ANSWER = 5000;
  const HIGHLIGHT = 1500;
  const ANNOUNCE = 60_000;
  const MOST_PAGES = 100; // that the collector tells in one stream

  const widget = document.querySelector("[data-live]");
  if (!widget || !widget.dataset.live) return;

  const { live, site, unit } = widget.dataset;
  const endpoint = (name, query) => `${new URL(name, new URL(live, location.href))}?${new URLSearchParams(query)}`;
  const ownPages = [...new Set([...document.querySelectorAll("[data-page-views]")].map((at) => at.dataset.pageViews))];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const digits = new Intl.NumberFormat("vi-VN");
  const now = () => performance.now();
  const me = Math.random();

  const known = {}; // the reading that the "summary" and the "pages" on this page are of
  const startedAt = now();
  let news = null; // the last ones, for windows that come

  let ticking = 0;
  let channel = null;
  let alone = false; // no other window tells this one
  let leading = false;
  let leader = 0;
  let leaderHeardAt = 0;
  let electing = 0;
  const others = new Map(); // of a leader: the pages of each other window

  let stream = null;
  let streamed = []; // the pages that it is about
  let words = 0; // heard from it
  let heardAt = 0;
  let failures = 0;
  let retryAt = 0;
  let askAt = 0;

  // numbers on the page

  const write = (at, number) => {
    const text = number == null ? "–" : digits.format(number);
    if (at.textContent === text) return;
    at.textContent = text;
    if (calm.matches) return;
    at.classList.add("is-changed");
    setTimeout(() => at.classList.remove("is-changed"), HIGHLIGHT);
  };

  const writeAll = (selector, name, numbers) => {
    for (const at of document.querySelectorAll(selector)) {
      if (at.dataset[name] in numbers) write(at, numbers[at.dataset[name]]);
    }
  };

  const announced = widget.querySelector("[role=status]");
  let announcedAt = startedAt;
  let inSight = false;
  if (announced) new IntersectionObserver((seen) => (inSight = seen.at(-1).isIntersecting)).observe(widget);

  const announce = () => {
    if (!inSight || now() - announcedAt < ANNOUNCE) return;
    const rows = [...widget.querySelectorAll("dl > div")];
    const text = rows.map((row) => [...row.children].map((cell) => cell.textContent.trim()).join(" ")).join(", ");
    if (text === announced.textContent) return;
    announcedAt = now();
    announced.textContent = text;
  };

  const writeAge = () => {
    const line = widget.querySelector(".access-statistics__as-of");
    const time = line && line.querySelector("time");
    if (!time) return;
    const { readAt = startedAt, asOf } = known.summary || {};
    const stale = now() - readAt > STALE;
    if (stale && asOf) {
      const moment = new Date(asOf * 1000);
      const zone = { timeZone: "Asia/Ho_Chi_Minh" };
      const clock = moment.toLocaleTimeString("en-GB", { ...zone, hour: "2-digit", minute: "2-digit" });
      time.dateTime = moment.toISOString();
      time.textContent = `${clock}, ${moment.toLocaleDateString("en-GB", zone)}`;
    }
    // What the page came with stays until something is known.
    if (stale || known.summary) line.hidden = !(stale && time.textContent);
  };

  // Whether numbers of `snapshot` ("process-turn"), `age` seconds old at the moment `at`, may replace those on the page.
  const isNewer = (kind, { snapshot, age, asOf }, at) => {
    if (age == null) return false; // that process has read nothing yet
    const [run, turn] = snapshot.split("-");
    const next = { run, turn: +turn, readAt: at - age * 1000, asOf };
    const last = known[kind];
    if (last && last.run === run) {
      if (next.turn < last.turn) return false;
      // The same reading again, as from a cache, is no younger than it was.
      if (next.turn === last.turn) next.readAt = Math.min(next.readAt, last.readAt);
    } else if (last && next.readAt < last.readAt) return false;
    known[kind] = next;
    return true;
  };

  const take = (numbers, at = now()) => {
    const { summary, pages } = numbers;
    const isNews = [
      summary && isNewer("summary", { ...numbers, asOf: summary.as_of }, at),
      pages && isNewer("pages", numbers, at),
    ];
    if (isNews[0]) {
      writeAll("[data-counter]", "counter", summary);
      announce();
    }
    if (isNews[1]) writeAll("[data-page-views]", "pageViews", pages);
    if (leading && isNews.some(Boolean)) {
      news = { numbers, at };
      tellNews();
    }
    writeAge();
  };

  // the other windows

  const say = (message) => channel && channel.postMessage({ from: me, ...message });

  const tellNews = () => {
    const { age, ...numbers } = news.numbers;
    say({ leads: true, numbers: { ...numbers, age: age + (now() - news.at) / 1000 } });
  };

  const wanted = () => [...new Set([ownPages, ...others.values()].flat())];

  const join = () => {
    leader = 0;
    say({ joins: ownPages });
    clearTimeout(electing);
    electing = setTimeout(lead, alone ? 0 : 150 + 250 * Math.random());
  };

  const lead = () => {
    clearTimeout(electing);
    leading = true;
    failures = 0;
    say({ leads: true });
    listen();
  };

  const follow = (from) => {
    clearTimeout(electing);
    if (leading) stopLeading();
    leaderHeardAt = now();
    if (leader === from) return;
    leader = from;
    say({ joins: ownPages });
  };

  const stopLeading = () => {
    leading = false;
    others.clear();
    news = null;
    stopStream();
  };

  const welcome = (from, pages) => {
    others.set(from, pages);
    if (wanted().length > MOST_PAGES) {
      others.delete(from);
      say({ refuses: from });
    } else if (stream && wanted().some((page) => !streamed.includes(page))) listen();
    else {
      say({ leads: true });
      if (news) tellNews();
      if (!stream) askAt = 0;
    }
  };

  const hear = ({ data: { from, leads, joins, leaves, refuses, numbers } }) => {
    if (refuses === me) {
      setAlone();
      lead();
    } else if (leads && (!leading || from < me)) {
      follow(from);
      if (numbers) take(numbers);
    } else if (joins && leading) welcome(from, joins);
    else if (leaves) {
      others.delete(from);
      if (from === leader) join();
    }
  };

  const setAlone = () => {
    alone = true;
    if (channel) channel.close();
    channel = null;
  };

  // the stream

  const listen = () => {
    stopStream();
    const pages = wanted().slice(0, MOST_PAGES).join();
    words = 0;
    heardAt = now();
    if (!window.EventSource) return poll();
    if (!failures) askAt = heardAt + FIRST_WORD;
    streamed = pages.split(",");
    stream = new EventSource(endpoint("live", { site, unit, ...(pages && { pages }) }));
    stream.onmessage = listened;
    stream.addEventListener("beat", listened);
    stream.onerror = () => {
      failures += 1;
      if (stream.readyState === EventSource.CLOSED || failures >= PATIENCE) poll();
    };
  };

  const listened = ({ data }) => {
    words += 1;
    if (words > 1) failures = 0; // a first word alone may be all that comes through
    heardAt = now();
    take(JSON.parse(data));
  };

  const stopStream = () => {
    if (stream) stream.close();
    stream = null;
  };

  const endSilence = () => {
    failures += 1;
    if (words && failures < PATIENCE) listen();
    else poll();
  };

  const poll = () => {
    stopStream();
    retryAt = now() + Math.min(RETRY, ASK * 2 ** failures);
    ask();
  };

  // asking

  const ask = async () => {
    const askedAt = now();
    askAt = askedAt + ASK;
    const pages = wanted().slice(0, MOST_PAGES).join();
    const questions = [endpoint("summary.json", { site, unit })];
    if (pages) questions.push(endpoint("pages.json", { ids: pages }));
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), ANSWER);
    try {
      const options = { cache: "no-cache", credentials: "omit", signal: giveUp.signal };
      const answers = await Promise.all(questions.map((question) => fetch(question, options)));
      if (!answers.every((answer) => answer.ok)) return;
      const [summary, counted] = await Promise.all(answers.map((answer) => answer.json()));
      const readings = answers.map(({ headers }) => ({
        snapshot: headers.get("X-Nhip-Snapshot") || "-0",
        age: headers.has("X-Nhip-Age") ? +headers.get("X-Nhip-Age") : null,
      }));
      // From the question on it is as old as its answer says: a slow one is overtaken by a push.
      take({ ...readings[0], summary }, askedAt);
      if (counted) take({ ...readings[1], pages: counted.pages }, askedAt);
    } catch {
      // The age of the numbers tells.
    } finally {
      clearTimeout(timer);
    }
  };

  // time passes

  const tick = () => {
    if (leading) {
      say({ leads: true });
      if (stream && now() - heardAt > (words ? SILENCE : FIRST_WORD)) endSilence();
      if (!stream && now() >= retryAt) listen();
      if (!(stream && words) && now() >= askAt) ask();
    } else if (leader && now() - leaderHeardAt > ABSENCE) join();
    writeAge();
  };

  const pause = () => {
    clearInterval(ticking);
    clearTimeout(electing);
    say({ leaves: true });
    setAlone();
    stopLeading();
  };

  const resume = () => {
    pause();
    if (document.hidden || document.prerendering) return;
    try {
      channel = new BroadcastChannel(`nhip ${live} ${site} ${unit}`);
      channel.onmessage = hear;
      alone = false;
    } catch {
      // Without a channel, or without the right to one, this window listens for itself.
    }
    ticking = setInterval(tick, TICK);
    join();
  };

  document.addEventListener("visibilitychange", resume);
  document.addEventListener("prerenderingchange", resume);
  addEventListener("online", resume);
  addEventListener("pagehide", pause);
  addEventListener("pageshow", (event) => event.persisted && resume());
  resume();
})();
