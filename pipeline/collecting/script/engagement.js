// Tells the collector what a reader did on a page that beacon.js has counted: for how long it was visible and how far it
// was scrolled, said when the page is left or its tab hidden, and which files and other sites it led to.
//
// A page may be left many times. Each message has the whole seconds and the percent that came since the one before it of
// the same display, so that they add up; less than a second waits for the next one. What goes into the back/forward cache
// is another display when it comes back. A prerendered page is hidden. Time begins with pageshow, when a page is loaded.
//
// It keeps nothing in the browser, leaves no global names and never throws. Cookies go where beacon.js sends them. A page
// counts without it.
// Names are short, since nothing shortens them: `python -m pipeline.collecting.script.build` writes engagement.min.js.
(() => {
  const page = document,
    self = page.currentScript; // null where an optimiser has moved the tag: then nothing is said
  let at = 0, // when the page was last known to be visible
    ms = 0, // visible milliseconds that are not said yet
    max = 0, // percent of the page that was seen
    old = 0; // percent that was said

  const look = async ({ type, timeStamp, persisted, target, button }) => {
    try {
      let s = 0,
        d = 0,
        u = "";
      const now = Math.min(100, Math.round((100 * (scrollY + innerHeight)) / page.documentElement.scrollHeight));
      if (at) {
        ms += timeStamp - at;
        max = Math.max(max, now);
      }
      at = type != "pagehide" && !page.hidden && timeStamp;
      if (!at && ms >= 1e3) {
        s = Math.min(1800, (ms / 1e3) | 0);
        d = max - old;
        old = max;
        ms %= 1e3;
      }
      if (persisted) {
        ms = old = 0;
        max = at && now; // a reader comes back to where the page was left
      }
      if (button < 2) {
        // a click, since other events have no button
        const a = target.closest("a");
        u = a.host == location.host ? a.pathname : a.origin;
      }
      if (s || /^(http|.documents.|.media.)/.test(u))
        await fetch(new URL("doc", self.src), {
          method: "POST",
          body: JSON.stringify([
            page.querySelector("script[data-t]").dataset.t,
            location.pathname,
            page.referrer.slice(0, 2e3),
            Math.random() + "",
            s,
            d,
            u,
          ]),
          keepalive: true,
        });
    } catch {}
  };

  ["visibilitychange", "pagehide", "pageshow", "scroll", "click", "auxclick"].map((type) =>
    addEventListener(type, look, true),
  );
})();
