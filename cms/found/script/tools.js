// Beside an article: share, copy the link, print, listen. What the browser can't do stays hidden.
(() => {
  const tools = document.querySelector("[data-share]");
  const article = tools && tools.closest("article");
  if (!article) return;
  const { share: url, title } = tools.dataset;
  const status = tools.querySelector("[role=status]");
  const button = (name) => tools.querySelector(`[data-do=${name}]`);
  const offer = (name, act) => {
    button(name).hidden = false;
    button(name).addEventListener("click", act);
  };

  offer("print", () => print());
  if (navigator.share) offer("share", () => navigator.share({ title, url }).catch(() => {}));
  if (navigator.clipboard) {
    const copy = button("copy");
    offer("copy", async () => {
      let said = copy.dataset.done;
      try {
        await navigator.clipboard.writeText(url);
      } catch {
        said = copy.dataset.failed;
      }
      status.textContent = said;
      const label = copy.textContent;
      if (label === said) return;
      copy.textContent = said;
      setTimeout(() => {
        copy.textContent = label;
        status.textContent = "";
      }, 2000);
    });
  }

  // listening

  const speech = window.speechSynthesis;
  if (!speech || !window.SpeechSynthesisUtterance) return;
  const SPOKEN = "h1, h2, h3, h4, p, li, blockquote, figcaption, caption, th, td";
  const speak = button("speak");
  const pause = button("pause");
  const labels = { speak: speak.textContent, pause: pause.textContent };
  let speaking = false;

  const voice = () => speech.getVoices().find(({ lang }) => /^vi\b/i.test(lang));

  const look = () => {
    tools.querySelector("[data-speech]").hidden = !voice();
  };

  // Chromium stops a long utterance after a quarter of a minute, so that each paragraph is one of its own.
  const texts = () =>
    [...article.querySelectorAll(SPOKEN)]
      .filter((at) => !tools.contains(at) && !at.parentElement.closest("li, blockquote, td, th") && at.offsetParent)
      .map((at) => at.innerText.trim())
      .filter(Boolean);

  const stop = () => {
    speaking = false;
    speech.cancel();
    speak.textContent = labels.speak;
    pause.hidden = true;
    pause.textContent = labels.pause;
  };

  const start = () => {
    speech.cancel();
    speaking = true;
    const utterances = texts().map((text) => {
      const utterance = new SpeechSynthesisUtterance(text);
      utterance.voice = voice();
      utterance.lang = utterance.voice.lang;
      return utterance;
    });
    if (!utterances.length) return stop();
    utterances.at(-1).onend = stop;
    for (const utterance of utterances) speech.speak(utterance);
    speak.textContent = speak.dataset.stop;
    pause.hidden = false;
  };

  speak.addEventListener("click", () => (speaking ? stop() : start()));
  pause.addEventListener("click", () => {
    if (speech.paused) speech.resume();
    else speech.pause();
    pause.textContent = pause.textContent === labels.pause ? pause.dataset.resume : labels.pause;
  });
  addEventListener("pagehide", stop);
  if (speech.addEventListener) speech.addEventListener("voiceschanged", look);
  look();
})();
