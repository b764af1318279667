// A form that saves its draft by itself (Wagtail's w-autosave) is sent when the saving that is under way has ended, and
// then saves nothing more. Wagtail sends it at once: a page whose first draft was being made was made twice, or refused
// because the first one had its address.
(() => {
  const PATIENCE = 30_000; // milliseconds; nobody says that a connection is lost
  const states = new WeakMap(); // of forms: is it saving, has it been sent, how it is sent once it has saved

  const send = (form) => {
    const state = states.get(form);
    const { waiting } = state;
    state.saving = false;
    state.waiting = null;
    waiting?.();
  };

  const sendLater = (form, how) => {
    const state = states.get(form);
    state.waiting = how;
    setTimeout(() => state.waiting === how && send(form), PATIENCE);
  };

  const isSent = (state) => {
    state.sent = true;
    setTimeout(() => (state.sent = false), PATIENCE); // whoever is still here then has not left
  };

  const watch = (form) => {
    const state = { saving: false, sent: false, waiting: null };
    states.set(form, state);
    // Decisions of a workflow are sent by their script, which no event tells of.
    form.submit = () => {
      if (state.saving) return sendLater(form, form.submit);
      isSent(state);
      HTMLFormElement.prototype.submit.call(form);
    };
    return state;
  };

  addEventListener("w-autosave:save", (event) => {
    const state = states.get(event.target) || watch(event.target);
    if (state.sent || state.waiting) event.preventDefault();
    if (!event.defaultPrevented) state.saving = true;
  });
  for (const end of ["success", "error"]) addEventListener(`w-autosave:${end}`, ({ target }) => send(target));

  addEventListener(
    "submit",
    (event) => {
      const { submitter, target: form } = event;
      if (!states.get(form)?.saving) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      sendLater(form, () => {
        // A button that shows progress is off, and the name of a button that is off is not sent.
        if (submitter) submitter.disabled = false;
        form.requestSubmit(submitter);
      });
    },
    true,
  );

  addEventListener("submit", ({ target: form, defaultPrevented }) => {
    if (!defaultPrevented && form.matches("[data-controller~=w-autosave]")) isSent(states.get(form) || watch(form));
  });
})();
