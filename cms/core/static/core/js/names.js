// Names for what Wagtail leaves without one, for those who hear a screen: fields whose label stands elsewhere.

(() => {
  const LABELS = ".w-field__label, .w-panel__heading";
  const UNNAMED = [
    "[role=textbox]:not([aria-label], [aria-labelledby])", // texts of blocks: Draftail has no label of its own
    ".tagit-new input:not([aria-label], [aria-labelledby])",
    "[data-streamfield-child] :is(input:not([type=hidden]), textarea, select):not([aria-label], [aria-labelledby])",
    ".replace-file-input input:not([aria-label], [aria-labelledby])",
  ].join();
  let named = 0;

  // The nearest label before the field; of a block of one field that is the heading of the block.
  function labelOf(field) {
    for (let at = field.parentElement; at && at.tagName !== "FORM"; at = at.parentElement) {
      const label = at.querySelector(`:scope > :is(${LABELS}), :scope > .w-panel__header > ${LABELS.split(", ")[1]}`);
      if (label) return label;
    }
    return null;
  }

  function name(field) {
    if (field.labels?.length) return;
    const label = field.closest(".replace-file-input")?.querySelector("button") || labelOf(field);
    if (!label) return;
    if (!label.id) label.id = `nhip-name-${(named += 1)}`;
    field.setAttribute("aria-labelledby", label.id);
  }

  function look() {
    document.querySelectorAll(UNNAMED).forEach(name);
    // The button under a field for files is a picture of one: the field has the focus and the click.
    document.querySelectorAll(".replace-file-input button:not([tabindex])").forEach((button) => {
      button.tabIndex = -1;
      button.setAttribute("aria-hidden", "true");
    });
    // Links that open a tab are no tabs.
    document.querySelectorAll("a[role=tab]").forEach((link) => {
      if (!link.closest("[role=tablist]")) link.removeAttribute("role");
    });
  }

  let waiting = 0;
  function later() {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(look);
  }

  document.addEventListener("DOMContentLoaded", () => {
    look();
    new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
  });
})();
