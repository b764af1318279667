// Starts the fields and panels of the admin, which Wagtail starts with a script of their own each: the policy of the
// admin allows no script in a page. A template says what to call, as data; only names of fields can be called.
(() => {
  const STARTERS = /^(?:init(?:Date|Time|DateTime)Chooser|create[A-Z]\w*Chooser|[A-Z]\w*Chooser|[A-Z]\w*Panel)$/;

  const start = (place) => {
    const { call, args } = place.dataset;
    place.remove();
    const starter = STARTERS.test(call) && window[call];
    if (typeof starter !== "function") return;
    if (/^[A-Z]/.test(call)) Reflect.construct(starter, JSON.parse(args));
    else starter(...JSON.parse(args));
  };

  const startWithin = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE || !node.isConnected) return;
    if (node.matches("[data-nhip-start]")) start(node);
    else for (const place of node.querySelectorAll("[data-nhip-start]")) start(place);
  };

  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) startWithin(node);
  }).observe(document, { childList: true, subtree: true });
})();
