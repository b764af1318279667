// Keeps the numbers of an open page current: the access statistics and every "Lượt xem".
//
// The collector pushes them (server-sent events) while the tab is visible; a hidden tab holds no connection, because
// browsers allow only six per host. Where the stream is refused or keeps breaking, the page asks every few seconds and
// tries the stream again later. Numbers change silently: nothing here is a live region for screen readers.
(() => {
  const STALE_SECONDS = 60;
  const ASK_SECONDS = { streaming: 60, polling: 5 };
  const PATIENCE = 3; // failures of the stream in a row
  const RETRY_SECONDS = 60;
  const HIGHLIGHT_SECONDS = 1.5;

  const widget = document.querySelector("[data-live]");
  if (!widget || !widget.dataset.live) return;

  const { live, site, unit } = widget.dataset;
  const endpoint = (name, query) => `${new URL(name, new URL(live, location.href))}?${new URLSearchParams(query)}`;
  const pageIds = [...new Set([...document.querySelectorAll("[data-page-views]")].map((at) => at.dataset.pageViews))]
    .slice(0, 100)
    .join();
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const digits = new Intl.NumberFormat("vi-VN");

  let stream = null;
  let failures = 0;
  let asking = 0; // the timer of the next question
  let retrying = 0; // the timer of the next try of the stream
  let asOf = null; // Unix seconds of the numbers on the page
  let heardAt = performance.now();

  // numbers on the page

  const write = (at, number) => {
    const text = number == null ? "–" : digits.format(number);
    if (at.textContent === text) return;
    at.textContent = text;
    if (calm.matches) return;
    at.classList.add("is-changed");
    setTimeout(() => at.classList.remove("is-changed"), HIGHLIGHT_SECONDS * 1000);
  };

  const isOlder = (summary) => asOf != null && !(summary.as_of >= asOf); // a slow answer overtaken by a push

  const writeSummary = (summary) => {
    asOf = summary.as_of;
    for (const at of document.querySelectorAll("[data-counter]")) {
      if (at.dataset.counter in summary) write(at, summary[at.dataset.counter]);
    }
  };

  const writePages = (pages) => {
    for (const at of document.querySelectorAll("[data-page-views]")) {
      if (at.dataset.pageViews in pages) write(at, pages[at.dataset.pageViews]);
    }
  };

  const writeAge = (stale) => {
    const line = widget.querySelector(".access-statistics__as-of");
    const time = line && line.querySelector("time");
    if (!time) return;
    if (stale && asOf != null) {
      const moment = new Date(asOf * 1000);
      const zone = { timeZone: "Asia/Ho_Chi_Minh" };
      const clock = moment.toLocaleTimeString("en-GB", { ...zone, hour: "2-digit", minute: "2-digit" });
      time.dateTime = moment.toISOString();
      time.textContent = `${clock}, ${moment.toLocaleDateString("en-GB", zone)}`;
    }
    line.hidden = !(stale && time.textContent);
  };

  // asking: for everything while polling, else for the age of the numbers only now and then

  const ask = async () => {
    clearTimeout(asking);
    try {
      const polling = !stream;
      const options = { cache: "no-cache", credentials: "omit" };
      const questions = [fetch(endpoint("summary.json", { site, unit }), options)];
      if (polling && pageIds) questions.push(fetch(endpoint("pages.json", { ids: pageIds }), options));
      const answers = await Promise.all(questions);
      if (!answers.every((answer) => answer.ok)) throw new Error("no answer");
      const [summary, pages] = await Promise.all(answers.map((answer) => answer.json()));
      if (!isOlder(summary)) {
        writeSummary(summary);
        if (pages) writePages(pages.pages);
      }
      heardAt = performance.now();
      // The server's clock on both sides: a visitor's may be wrong.
      const now = Date.parse(answers[0].headers.get("Date")) / 1000;
      writeAge(summary.as_of == null || now - summary.as_of > STALE_SECONDS);
    } catch {
      if (performance.now() - heardAt > STALE_SECONDS * 1000) writeAge(true);
    }
    clearTimeout(asking);
    if (!document.hidden) asking = setTimeout(ask, ASK_SECONDS[stream ? "streaming" : "polling"] * 1000);
  };

  // the stream

  const listen = () => {
    stream = new EventSource(endpoint("live", { site, unit, ...(pageIds && { pages: pageIds }) }));
    stream.onmessage = (message) => {
      failures = 0;
      heardAt = performance.now();
      const { summary, pages } = JSON.parse(message.data);
      if (isOlder(summary)) return;
      writeSummary(summary);
      writePages(pages);
    };
    stream.onerror = () => {
      failures += 1;
      if (stream.readyState === EventSource.CLOSED || failures >= PATIENCE) poll();
    };
  };

  const poll = () => {
    stopStream();
    ask();
    retrying = setTimeout(resume, RETRY_SECONDS * 1000);
  };

  const stopStream = () => {
    if (stream) stream.close();
    stream = null;
  };

  const pause = () => {
    stopStream();
    clearTimeout(asking);
    clearTimeout(retrying);
  };

  const resume = () => {
    pause();
    if (document.hidden || document.prerendering) return;
    failures = 0;
    if (window.EventSource) listen();
    ask();
  };

  document.addEventListener("visibilitychange", resume);
  document.addEventListener("prerenderingchange", resume);
  addEventListener("pagehide", pause);
  addEventListener("pageshow", (event) => event.persisted && resume());
  resume();
})();
