// A form that saves its draft by itself (Wagtail's w-autosave) is sent when the saving that is under way has ended, and
// then saves nothing more. Wagtail sends it at once: a page whose first draft was being made was made twice, or refused
// because the first one had its address.
(() => {
  const PATIENCE = 60_000; // milliseconds; nobody says that a connection is lost, or that a page is not left after all
  // Without a connection nothing can be sent, and what somebody else has saved meanwhile would be lost.
  const WAITS_FOR_AUTHORS = ["network_error", "invalid_revision"];
  const form = document.querySelector("form[data-controller~=w-autosave]");
  if (!form) return;

  let saving = false;
  let waiting = null; // the press that is sent next: its button if it has one, and how it is sent
  let waited = 0; // timers
  let sent = 0;
  let missed = false; // something was to be saved after the form had been sent
  let saves = 0; // how many were begun, now and when the site was asked who else is editing
  let savesWhenAsked = 0;

  const hold = (press) => {
    const publishes = waiting && (!waiting.button || waiting.button.name);
    if (publishes && press.button && !press.button.name) return; // to publish is to save
    waiting = press;
    waited ||= setTimeout(ended, PATIENCE);
  };

  const ended = (event) => {
    saving = false;
    clearTimeout(waited);
    waited = 0;
    const press = waiting;
    waiting = null;
    if (!press) return;
    const { text, type } = event?.detail || {};
    if (press.button && WAITS_FOR_AUTHORS.includes(type)) {
      rest(press.button);
      document.dispatchEvent(new CustomEvent("w-messages:add", { detail: { clear: true, text, type: "error" } }));
    } else {
      press.send();
    }
  };

  // A button is off while it shows progress.
  const rest = (button) => {
    button.dataset.wProgressLoadingValue = "false";
    button.disabled = false;
  };

  const sendNow = (button) => {
    if (button) button.disabled = false; // the name of a button that is off is not sent
    form.requestSubmit(button);
  };

  const leave = () => {
    clearTimeout(sent);
    sent = setTimeout(stay, PATIENCE);
  };

  const stay = () => {
    sent = 0;
    if (missed) form.dispatchEvent(new CustomEvent("w-unsaved:add", { cancelable: true, detail: { type: "edits" } }));
    missed = false;
  };

  form.addEventListener("w-autosave:save", (event) => {
    if (sent || waiting) {
      event.preventDefault();
      missed = true;
    } else {
      saving = true;
      saves += 1;
    }
  });
  // At the window, after Wagtail has heard of it.
  for (const end of ["success", "error"]) addEventListener(`w-autosave:${end}`, ended);

  // An answer that a save has overtaken takes this very form's draft for somebody else's, and the next press would be
  // held up by a dialog that warns of them (https://github.com/wagtail/wagtail/issues/13863). Such an answer changes
  // nothing; the next one is asked for in ten seconds.
  const isAboutSessions = ({ target }) => target instanceof Element && target.closest(".w-editing-sessions");
  addEventListener("w-swap:begin", (event) => isAboutSessions(event) && (savesWhenAsked = saves), true);
  addEventListener(
    "w-swap:json",
    (event) => {
      if (!isAboutSessions(event) || savesWhenAsked === saves) return;
      delete event.detail.data.other_sessions;
      event.detail.data.html = document.querySelector("#w-editing-sessions").innerHTML;
    },
    true,
  );

  const holdOrPass = (event) => {
    if (event.target !== form || !saving) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    hold({ button: submitter, send: () => sendNow(submitter) });
  };

  addEventListener("submit", holdOrPass, true);
  addEventListener("submit", ({ target, defaultPrevented }) => {
    if (target === form && !defaultPrevented) leave();
  });

  // Decisions of a workflow are sent by their script, which no event tells of.
  form.submit = () => {
    if (saving) return hold({ send: form.submit });
    leave();
    HTMLFormElement.prototype.submit.call(form);
  };
})();
