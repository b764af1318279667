// Where the focus goes for people without a mouse: into the list of blocks that opens, and from what closes back to
// what opened it. In Wagtail 8.0.1 both leave it at the top of the page, forty presses of Tab away.

(() => {
  const LAYERS = ".modal, .tippy-box, .w-dialog";
  const PLACES = "a[href], button, input:not([type=hidden]), select, textarea, [contenteditable=true]";
  let outside = null; // what had the focus last, of what lies under every layer
  let within = false; // whether the focus went into a layer since: a tooltip that goes away has nothing to give back
  let byKey = false; // a finger that opens the list wants no keyboard over it
  let field = null; // where that stood: a chosen picture has another button than an empty place

  document.addEventListener("focusin", (event) => {
    within = !!event.target.closest(LAYERS);
    if (within) return;
    outside = event.target;
    field = event.target.closest("[data-field], [data-streamfield-child], [data-contentpath]");
  });

  document.addEventListener("keydown", () => (byKey = true), true);

  document.addEventListener("pointerdown", (event) => {
    byKey = false;
    if (!event.target.closest(LAYERS)) within = false;
  });

  const isVisible = (one) => one.isConnected && one.getClientRects().length > 0 && !one.disabled;

  function goBack() {
    if (!within || document.activeElement !== document.body || document.querySelector(".modal.in")) return;
    if (outside && isVisible(outside)) outside.focus();
    else [...(field?.isConnected ? field.querySelectorAll(PLACES) : [])].find(isVisible)?.focus();
  }

  function goIn() {
    if (!byKey || !document.activeElement?.matches("[aria-expanded=true]")) return;
    document.querySelector(".w-combobox input")?.focus({ preventScroll: true });
  }

  const has = (nodes, selector) =>
    [...nodes].some((node) => node.nodeType === 1 && (node.matches(selector) || node.querySelector(selector)));

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (has(change.removedNodes, LAYERS) || has(change.removedNodes, ".w-combobox")) setTimeout(goBack);
        if (has(change.addedNodes, ".w-combobox")) requestAnimationFrame(goIn);
      }
    }).observe(document.body, { childList: true, subtree: true });
  });
})();
