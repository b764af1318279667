// Asks the live screen's own part every few seconds while somebody looks at it; an answer that fails changes nothing.
(() => {
  const EVERY = 5000;
  const PATIENCE = 10_000;
  const place = document.getElementById("nhip-now");
  if (!place) return;

  let asking = false;

  const ask = async () => {
    if (document.hidden || asking) return;
    asking = true;
    try {
      const answer = await fetch(place.dataset.url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok) return;
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      const wasOpen = place.querySelector("details")?.open;
      if (place.contains(document.activeElement) && document.activeElement !== document.body) return; // somebody is in it
      place.replaceChildren(...document.importNode(found.body, true).childNodes);
      if (wasOpen) place.querySelector("details").open = true;
    } catch {
      // The next one may come through.
    } finally {
      asking = false;
    }
  };

  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
})();
