// Calls the Ministry's measuring (EMC) with the facts of this portal, as the snippet does that the Ministry gives.
(() => {
  const { script, tracker, site } = document.currentScript.dataset;
  window._govaq = window._govaq || [];
  window._govaq.push(["trackPageView"], ["enableLinkTracking"], ["setTrackerUrl", tracker], ["setSiteId", site]);
  const called = document.createElement("script");
  called.src = script;
  called.async = true;
  document.head.append(called);
})();
