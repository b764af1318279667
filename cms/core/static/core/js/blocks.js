// What is pasted from Word, Google Docs or Excel becomes blocks of a body. The server takes it apart.

(() => {
  const STRUCTURE = /<(h[1-6]|table|[ou]l|img)\b|mso-list|<(p|div)\b[^]*<(p|div)\b|<br\b[^>]*>\s*<br\b/i;
  const MEANING = /<(u|sup|sub|del|ins)\b|text-decoration[^;"']*underline|vertical-align:\s*(super|sub)/i;

  function clipboardOf(event) {
    const data = event.clipboardData;
    return { html: data ? data.getData("text/html") : "", text: data ? data.getData("text/plain") : "" };
  }

  async function takeApart(clipboard, into) {
    const body = new FormData();
    body.append("html", clipboard.html);
    body.append("text", clipboard.text);
    body.append("into", into);
    const answer = await fetch(document.querySelector("script[data-paste]").dataset.paste, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": window.wagtailConfig.CSRF_TOKEN, "X-Requested-With": "XMLHttpRequest" },
    });
    const taken = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(taken.error || "");
    return taken;
  }

  // Says what became of a paste, above it, until it is closed.
  function say(place, lines, isError) {
    place.parentNode.querySelectorAll(":scope > .nhip-said").forEach((old) => old.remove());
    if (!lines.length) return;
    const said = document.createElement("div");
    said.className = `nhip-said help-block ${isError ? "help-critical" : "help-info"}`;
    said.setAttribute("role", isError ? "alert" : "status");
    const list = document.createElement("ul");
    for (const line of lines) {
      const item = document.createElement("li");
      item.textContent = line;
      list.append(item);
    }
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button button-small button-secondary";
    close.textContent = "Đóng";
    close.addEventListener("click", () => said.remove());
    said.append(list, close);
    place.before(said);
  }

  function failed(place, error) {
    say(place, [error.message || "Chưa dán được: không kết nối được với máy chủ. Hãy thử lại."], true);
  }

  async function pasteIntoBody(stream, child, clipboard, isEmpty) {
    try {
      const { blocks, said } = await takeApart(clipboard, "body");
      let index = stream.children.indexOf(child) + 1;
      const first = index;
      for (const block of blocks) {
        stream.insert({ type: block.type, value: block.value, id: null }, index, {});
        index += 1;
      }
      const words = [`Đã dán ${blocks.length} khối.`, ...said];
      if (blocks.length) say(stream.children[first].element, words, false);
      else say(child.element, said, false);
      if (blocks.length && isEmpty) stream.deleteBlock(first - 1, { animate: false });
    } catch (error) {
      failed(child.element, error);
    }
  }

  async function pasteIntoTable(table, clipboard) {
    const place = table.container[0];
    try {
      const { blocks, said } = await takeApart(clipboard, "table");
      if (!blocks.length) return failed(place, new Error("Không thấy bảng nào trong đoạn đã sao chép."));
      const caption = blocks[0].caption || table.captionInput.value;
      table.setState({ ...blocks[0], caption });
      say(place, ["Đã dán cả bảng.", ...said.filter(() => !caption || said.length > 1)], false);
    } catch (error) {
      failed(place, error);
    }
  }

  function isTable(clipboard) {
    return /<table\b/i.test(clipboard.html) || /\t[^]*\n[^]*\t/.test(clipboard.text.trim());
  }

  const { StreamBlockDefinition } = window.wagtailStreamField.blocks;
  class BodyDefinition extends StreamBlockDefinition {
    render(...parts) {
      const stream = super.render(...parts);
      stream.container[0].addEventListener(
        "paste",
        (event) => {
          const editor = event.target.closest?.("[contenteditable]");
          const child = stream.children.find((one) => one.element.contains(event.target));
          if (!editor || !child || child.type !== "paragraph") return;
          const clipboard = clipboardOf(event);
          // Of one paragraph without structure the editor makes as much; what it copied itself it knows best.
          if (/data-offset-key|data-draftail/.test(clipboard.html)) return;
          if (!STRUCTURE.test(clipboard.html) && !MEANING.test(clipboard.html)) return;
          event.preventDefault();
          event.stopImmediatePropagation();
          pasteIntoBody(stream, child, clipboard, !editor.textContent.trim());
        },
        true,
      );
      return stream;
    }
  }
  window.telepath.register("cms.core.blocks.BodyBlock", BodyDefinition);

  const TypedTable = window.telepath.constructors["wagtail.contrib.typed_table_block.blocks.TypedTableBlock"];
  class TableDefinition extends TypedTable {
    render(...parts) {
      const table = super.render(...parts);
      table.container[0].addEventListener(
        "paste",
        (event) => {
          const clipboard = clipboardOf(event);
          if (!isTable(clipboard)) return;
          const isFilled = [...table.container[0].querySelectorAll("table input[type=text], table textarea")].some(
            (field) => field.value.trim(),
          );
          if (isFilled && !window.confirm("Thay cả bảng này bằng bảng vừa sao chép?")) return;
          event.preventDefault();
          event.stopImmediatePropagation();
          pasteIntoTable(table, clipboard);
        },
        true,
      );
      return table;
    }
  }
  window.telepath.register("cms.core.blocks.TableCellsBlock", TableDefinition);
})();
