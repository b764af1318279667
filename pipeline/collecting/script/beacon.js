// Tells the collector that this page was displayed, once for each display, and that it is still visible.
//
// It keeps nothing in the browser, leaves no global names and never throws. Cookies go to the page's own origin alone, as
// fetch sends them by itself: readers have none, and staff have one by which the collector leaves them out.
// `python -m pipeline.collecting.script.build` writes beacon.min.js from this file and display.js.
(() => {
  try {
    const page = document;
    // Not currentScript, which is null or another script where an optimiser has moved, bundled or rewritten the tag.
    const script = page.querySelector("script[data-t]");
    if (script.t) return; // the tag is there twice, or an optimiser runs it a second time
    script.t = 1;
    const { t } = script.dataset;
    const p = location.pathname;
    const collector = script.src.match(/^[^?]*_nhip\//) || "/_nhip/";
    //= display.js
  } catch {}
})();
