// Suggestions under a search box: an editable combobox with a list (ARIA Authoring Practices). Without this script, or
// when the server does not answer, the form works as it is.
(() => {
  const PAUSE = 150; // milliseconds without a key
  const FEWEST = 2; // letters

  const start = (box) => {
    if (box.dataset.started) return;
    box.dataset.started = "1";
    const input = box.querySelector("input");
    const list = box.querySelector("[role=listbox]");
    const status = box.querySelector("[role=status]");
    let chosen = -1;
    let timer = 0;
    let asking = null;

    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");

    const close = () => {
      clearTimeout(timer);
      if (asking) asking.abort();
      list.hidden = true;
      chosen = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };

    const choose = (index) => {
      chosen = index;
      [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
      if (index < 0) input.removeAttribute("aria-activedescendant");
      else {
        input.setAttribute("aria-activedescendant", list.children[index].id);
        list.children[index].scrollIntoView({ block: "nearest" });
      }
    };

    const show = (suggestions) => {
      list.replaceChildren(
        ...suggestions.map(({ title, url }, at) => {
          const option = document.createElement("li");
          option.id = `${list.id}-${at}`;
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", "false");
          option.dataset.url = url;
          option.textContent = title;
          return option;
        }),
      );
      list.hidden = !suggestions.length;
      input.setAttribute("aria-expanded", String(!!suggestions.length));
      choose(-1);
      status.textContent = suggestions.length ? `${suggestions.length} ${status.dataset.found}` : "";
    };

    const ask = async () => {
      const words = input.value.trim();
      if (asking) asking.abort();
      if (words.length < FEWEST) return close();
      asking = new AbortController();
      try {
        const options = { credentials: "omit", signal: asking.signal };
        const answer = await fetch(`${box.dataset.suggestions}?${new URLSearchParams({ q: words })}`, options);
        if (answer.ok && document.activeElement === input) show((await answer.json()).suggestions);
      } catch {
        // The form goes on without suggestions.
      }
    };

    const open = (option) => {
      if (option) location.assign(option.dataset.url);
    };

    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    });
    input.addEventListener("keydown", (event) => {
      const count = list.hidden ? 0 : list.children.length;
      if (event.isComposing) return; // a keyboard for Vietnamese puts a letter together
      if (event.key === "ArrowDown" && count) choose(chosen + 1 < count ? chosen + 1 : -1);
      else if (event.key === "ArrowUp" && count) choose(chosen > -1 ? chosen - 1 : count - 1);
      else if (event.key === "Enter" && chosen > -1) open(list.children[chosen]);
      else if (event.key === "Escape" && count) close();
      else return;
      event.preventDefault();
    });
    input.addEventListener("blur", () => setTimeout(close, 150));
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the input keeps the focus
    list.addEventListener("click", (event) => open(event.target.closest("[role=option]")));
  };

  document.querySelectorAll("[data-suggestions]").forEach(start);
})();
