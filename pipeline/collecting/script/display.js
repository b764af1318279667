// The displays of a page, of which beacon.js and nhip.js both tell the collector: build.py puts this text into them. There
// `page` is the document, `t` and `p` are the token and the path of the page that it shows, and `collector` is the address
// of the endpoints, with its last slash.
//
// A display is a page becoming visible: a prerendered page or a tab opened in the background counts when it is first
// seen, and a page restored from the back/forward cache counts again. A tab switched away and back does not. Each display
// has a random id, so that a repeated request counts once, whoever repeats it.
const message = {
  t,
  p,
  r: page.referrer.slice(0, 2e3),
  n: (performance.getEntriesByType("navigation")[0] || {}).type,
};
let displayed, sentAt;

// Only 503 with Retry-After means "surely not stored". After any other failure the event may be stored, and another
// attempt could count it twice. Each attempt waits longer than the one before, by a random share, so that many
// browsers do not come back at once.
const send = async (body, attempt) => {
  try {
    sentAt = performance.now();
    const answer = await fetch(collector + "e", {
      method: "POST",
      body,
      keepalive: true,
      signal: self.AbortSignal && AbortSignal.timeout && AbortSignal.timeout(3e4),
    });
    const seconds = attempt < 3 && answer.status == 503 && answer.headers.get("Retry-After");
    if (seconds > 0) setTimeout(send, seconds * 1e3 * attempt * (1 + Math.random()), body, attempt + 1);
  } catch {}
};

const look = () => {
  if (page.prerendering || page.visibilityState != "visible") return;
  if (!displayed) {
    displayed = 1;
    message.i = Math.random() + "";
    send(JSON.stringify(message), 1);
  } else if (performance.now() - sentAt > 119e3) {
    send(JSON.stringify({ ...message, h: 1 }), 3);
  }
};

if (!/^(reload|back_forward)$/.test(message.n)) message.n = "navigate";
look();
setInterval(look, 3e4);
page.addEventListener("visibilitychange", look);
page.addEventListener("prerenderingchange", look);
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    displayed = 0;
    message.n = "back_forward";
    look();
  }
});
