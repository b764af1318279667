// Says how long a text is and how long it may be, rather than cutting off what is pasted; and what a page lacks.

(() => {
  const { namesakes } = document.currentScript.dataset;
  const FROM = 40; // letters: shorter limits need no counter
  const BEST = { title: 90, seo_title: 60, search_description: 160 }; // beyond, lists and search engines cut
  const WAIT = 400; // ms

  const lengthOf = (text) => text.normalize("NFC").replace(/\r\n/g, "\n").length;

  function lineAfter(field, name) {
    const wrapper = field.closest("[data-field-input]") || field.parentElement;
    let line = wrapper.parentElement.querySelector(`:scope > .nhip-${name}`);
    if (!line) {
      line = document.createElement("div");
      line.className = `nhip-${name} help`;
      line.id = `${field.id || field.name}-${name}`;
      wrapper.after(line);
      field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${line.id}`.trim());
    }
    return line;
  }

  function count(field, limit) {
    const length = lengthOf(field.value);
    const line = lineAfter(field, "length");
    const best = BEST[field.name] || 0;
    const over = length - limit;
    line.textContent =
      over > 0
        ? `${length}/${limit} ký tự: dài quá ${over}, hãy rút ngắn trước khi lưu.`
        : best && length > best
          ? `${length}/${limit} ký tự. Nên không quá ${best}: phần sau có thể bị ẩn ở danh sách và máy tìm kiếm.`
          : `${length}/${limit} ký tự`;
    line.classList.toggle("nhip-length--over", over > 0);
    if (over > 0) field.setAttribute("aria-invalid", "true");
    else if (field.dataset.nhipInvalid === "false") field.removeAttribute("aria-invalid");
    const isUrgent = over > 0;
    if (isUrgent !== (line.getAttribute("role") === "alert")) {
      if (isUrgent) line.setAttribute("role", "alert");
      else line.removeAttribute("role");
    }
  }

  // The limit is the server's to enforce, in words; a browser would drop the end of a paste and say nothing.
  // Details of a person, which browsers fill in, are no texts.
  function isOfPerson(field) {
    return field.type === "email" || !["", "on", "off"].includes(field.autocomplete);
  }

  function watch(field) {
    const limit = Number(field.getAttribute("maxlength"));
    if (!limit || field.type === "hidden" || field.type === "password" || field.closest("[data-chooser]") || isOfPerson(field)) return;
    field.removeAttribute("maxlength");
    if (limit < FROM) return;
    field.dataset.nhipInvalid = field.hasAttribute("aria-invalid");
    count(field, limit);
    for (const kind of ["input", "change"]) field.addEventListener(kind, () => count(field, limit)); // scripts change too
  }

  // The name of a chosen file becomes a title without a word to anybody else.
  for (const kind of ["wagtail:images-upload", "wagtail:documents-upload"]) {
    document.addEventListener(kind, () => {
      setTimeout(() => {
        for (const title of document.querySelectorAll("[id$=upload-title]")) title.dispatchEvent(new Event("change"));
      });
    });
  }

  function hintMissing(field) {
    const hint = () => {
      const line = lineAfter(field, "missing");
      line.textContent = field.value.trim()
        ? ""
        : "Chưa có tóm tắt: danh sách, máy tìm kiếm và mạng xã hội sẽ không có gì để hiện dưới tiêu đề.";
      line.hidden = !line.textContent;
    };
    hint();
    field.addEventListener("input", hint);
  }

  function hintNamesakes(field) {
    let waiting;
    const page = (window.location.pathname.match(/\/pages\/(\d+)\/edit\//) || [])[1] || "";
    // Where there is none, nothing moves: somebody may be pressing what follows.
    const line = lineAfter(field, "namesakes");
    line.hidden = true;
    line.setAttribute("role", "status");
    const show = (pages, words) => {
      line.hidden = !pages.length;
      line.textContent = words;
      for (const one of pages) {
        const link = document.createElement("a");
        link.href = one.url;
        link.target = "_blank";
        link.textContent = one.title;
        line.append(" ", link);
      }
    };
    const ask = async () => {
      const asked = field.value.trim();
      if (!asked) return show([], "");
      const query = new URLSearchParams({ title: asked, besides: page });
      const answer = await fetch(`${namesakes}?${query}`, { headers: { "X-Requested-With": "XMLHttpRequest" } });
      if (!answer.ok || field.value.trim() !== asked) return;
      const { pages, words } = await answer.json();
      show(pages, words);
    };
    const later = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => ask().catch(() => {}), WAIT);
    };
    field.addEventListener("input", later);
    if (field.value) later();
  }

  function look(root) {
    root.querySelectorAll("input[maxlength], textarea[maxlength]").forEach(watch);
  }

  function start() {
    const form = document.querySelector("[data-edit-form], form#page-edit-form, form[data-w-formset-prefix-value]");
    look(document.querySelector("main") || document.body);
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const node of change.addedNodes) if (node.nodeType === 1) look(node.parentElement || node);
      }
    }).observe(document.body, { childList: true, subtree: true });
    const editing = form || document.querySelector("#page-edit-form");
    if (!editing) return;
    const title = editing.querySelector("#id_title");
    const lead = editing.querySelector("textarea#id_lead");
    if (title) hintNamesakes(title);
    if (lead) hintMissing(lead);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
