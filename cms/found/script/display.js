// How the reader wants pages: the size of the text, a light or a dark ground, the contrast. It runs before the page is drawn, and only the
// reader's own browser knows.
(() => {
  const KEY = "nhip-display";
  const root = document.documentElement;

  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(KEY)) || {};
    } catch {
      return {};
    }
  };

  const SCHEMES = ["light", "dark"];
  const bars = [...document.querySelectorAll("meta[name=theme-color]")].map((bar) => ({ bar, media: bar.media }));

  const apply = ({ text, contrast, scheme }) => {
    if (text === "1" || text === "2") root.dataset.text = text;
    else delete root.dataset.text;
    if (contrast) root.dataset.contrast = "more";
    else delete root.dataset.contrast;
    const chosen = SCHEMES.includes(scheme);
    if (chosen) root.dataset.scheme = scheme;
    else delete root.dataset.scheme;
    for (const { bar, media } of bars) bar.media = !chosen ? media : media.includes(scheme) ? "all" : "not all";
  };

  const save = (wanted) => {
    apply(wanted);
    try {
      localStorage.setItem(KEY, JSON.stringify(wanted));
    } catch {
      // A browser that keeps nothing shows it on this page alone.
    }
  };

  apply(read());
  addEventListener("storage", (event) => event.key === KEY && apply(read())); // another tab has chosen

  document.addEventListener("DOMContentLoaded", () => {
    const panel = document.querySelector("[data-display]");
    if (!panel) return;
    panel.hidden = false;
    const sizes = [...panel.querySelectorAll("button[data-text]")];
    const schemes = [...panel.querySelectorAll("button[data-wanted-scheme]")];
    const contrast = panel.querySelector("[data-contrast]");
    const show = () => {
      const wanted = read();
      for (const size of sizes) size.setAttribute("aria-pressed", String(size.dataset.text === (wanted.text || "0")));
      for (const one of schemes) {
        one.setAttribute("aria-pressed", String(one.dataset.wantedScheme === (wanted.scheme || "")));
      }
      contrast.checked = !!wanted.contrast;
    };
    for (const size of sizes) {
      size.addEventListener("click", () => {
        save({ ...read(), text: size.dataset.text });
        show();
      });
    }
    for (const one of schemes) {
      one.addEventListener("click", () => {
        save({ ...read(), scheme: one.dataset.wantedScheme });
        show();
      });
    }
    contrast.addEventListener("change", () => {
      save({ ...read(), contrast: contrast.checked });
      show();
    });
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !panel.open) return;
      panel.open = false;
      panel.querySelector("summary").focus();
    });
    show();
  });
})();
