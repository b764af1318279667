// Rows of an emulation page in Wagtail's editor: starts their inline panels without a script in the page, so that a strict
// Content-Security-Policy holds, and fills rows from cells that were copied in Excel.
(() => {
  const panels = new WeakMap(); // a moved row is connected again; its panel must not be made twice

  // Letters without marks and signs, so that "Đơn vị:" is "don vi".
  const fold = (text) =>
    text
      .normalize("NFD")
      .replace(/[\u0300-\u036f]/g, "")
      .toLowerCase()
      .replace(/đ/g, "d")
      .replace(/[^a-z0-9✓]+/g, " ")
      .trim();

  // What Excel puts on the clipboard: tabs between cells; a cell with line breaks is in quotes.
  function readCells(text) {
    const rows = [[]];
    const cell = /(?:"((?:[^"]|"")*)"(?=[\t\n]|$)|([^\t\n]*))(\t|\n|$)/gy;
    const source = text.replace(/\r\n?/g, "\n");
    for (let found = cell.exec(source); found; found = cell.exec(source)) {
      const [, quoted, plain, end] = found;
      const value = quoted === undefined ? plain : quoted.replace(/""/g, '"');
      rows.at(-1).push(value.replace(/\s+/g, " ").trim());
      if (end === "\n") rows.push([]);
      if (end === "") break;
    }
    return rows.filter((cells) => cells.some(Boolean));
  }

  const isTable = (text) => readCells(text).length > 1 || /\S\t|\t\S/.test(text);

  class RowsController extends window.StimulusModule.Controller {
    static targets = ["opener", "box", "cells", "said"];
    static values = {
      formset: String,
      child: String,
      relation: String,
      type: String,
      canOrder: Boolean,
      maxForms: Number,
      columns: Array,
      texts: Object,
    };

    initialize() {
      this.columns = this.columnsValue; // read once: each reading makes new objects
    }

    connect() {
      if (panels.has(this.element)) return;
      const options = {
        type: this.typeValue,
        formsetPrefix: this.formsetValue,
        emptyChildFormPrefix: this.childValue,
        canOrder: this.canOrderValue,
        maxForms: this.maxFormsValue,
        relationName: this.relationValue,
      };
      panels.set(this.element, new window.InlinePanel(options));
      if (this.columns.length) {
        this.rowsElement.addEventListener("paste", (event) => this.pasteIntoField(event), true);
      }
    }

    get rowsElement() {
      return document.getElementById(`${this.formsetValue}-FORMS`);
    }

    get rows() {
      return [...this.rowsElement.children].filter((row) => !row.classList.contains("deleted"));
    }

    open() {
      const isOpen = this.boxTarget.toggleAttribute("hidden") === false;
      this.openerTarget.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) this.cellsTarget.focus();
    }

    paste(event) {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!text.trim()) return;
      event.preventDefault();
      this.fill(text);
    }

    pasteIntoField(event) {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!event.target.matches?.("input[type=text]") || !isTable(text)) return;
      event.preventDefault();
      event.stopPropagation();
      this.fill(text);
    }

    take() {
      this.fill(this.cellsTarget.value);
    }

    fill(text) {
      const table = readCells(text);
      const { order, body, said } = this.understand(table);
      if (!body.length) {
        this.say([this.textsValue.nothing]);
        return;
      }
      let filled = 0;
      for (const cells of body) {
        const row = this.nextRow();
        if (!row) {
          said.push(this.text("full", { count: body.length - filled }));
          break;
        }
        filled += 1;
        said.push(...this.fillRow(row, cells, order, filled));
      }
      const last = this.rows.at(-1);
      for (const column of this.columns.filter((one) => one.words && !one.words.true && !order.includes(one))) {
        const shown = this.fieldOf(last, column).selectedOptions[0].textContent;
        said.push(this.text("missing", { column: column.label, shown }));
      }
      this.cellsTarget.value = "";
      this.say([this.text("filled", { count: filled }), ...said]);
    }

    // The field of each column (null: not used; undefined: too many), the rows below their heading, and what was not
    // understood. Lists often have their own title above the heading.
    understand(table) {
      const { columns } = this;
      const ofHeading = (cell) => columns.find((column) => column.headings.some((one) => fold(one) === fold(cell)));
      const isNumbering = (cell) => this.textsValue.numbering.some((one) => fold(one) === fold(cell));
      const knownOf = (cells) => cells.filter((cell) => cell && (ofHeading(cell) || isNumbering(cell)));
      const at = table.slice(0, 5).findIndex((cells) => knownOf(cells).length > cells.filter(Boolean).length / 2);
      if (at >= 0) {
        const strange = table[at].filter((cell) => cell && !knownOf(table[at]).includes(cell));
        const said = strange.map((cell) => this.text("unused", { heading: cell }));
        if (at) said.unshift(this.text("above", { count: at }));
        return { order: table[at].map((cell) => ofHeading(cell) ?? null), body: table.slice(at + 1), said };
      }
      const width = Math.max(0, ...table.map((cells) => cells.length));
      const left = [...columns];
      const order = Array.from({ length: width }, (_none, index) => this.ofContent(table, index, left));
      for (const column of columns.filter((one) => one.words && !order.includes(one))) left.splice(left.indexOf(column), 1);
      order.forEach((column, index) => {
        if (column === undefined) order[index] = left.shift();
      });
      return { order, body: table, said: [] };
    }

    // A column of kinds wherever it stands; null for numbers 1, 2, 3 in front; undefined if its place must tell.
    ofContent(table, index, left) {
      const cells = table.map((one) => one[index] ?? "").filter(Boolean);
      if (!index && cells.length === table.length && cells.every((cell, row) => cell === String(row + 1))) return null;
      const column = left.find(
        (one) => one.words && cells.length && cells.filter((cell) => this.valueOf(one, cell)).length * 2 >= cells.length,
      );
      if (column) left.splice(left.indexOf(column), 1);
      return column;
    }

    valueOf(column, cell) {
      const entries = Object.entries(column.words);
      return entries.find(([, words]) => words.some((word) => fold(word) === fold(cell)))?.[0];
    }

    nextRow() {
      const free = this.rows.find((row) => this.columns.every((column) => !this.isFilled(row, column)));
      if (free) return free;
      if (this.rows.length >= this.maxFormsValue) return null;
      panels.get(this.element).addForm();
      return this.rows.at(-1);
    }

    fieldOf(row, column) {
      const form = row.id.replace("inline_child_", "id_");
      return document.getElementById(`${form}-${column.field}`);
    }

    isFilled(row, column) {
      const field = this.fieldOf(row, column);
      return field.type === "checkbox" ? field.checked : field.tagName === "INPUT" && field.value.trim();
    }

    // Returns what was not understood.
    fillRow(row, cells, order, number) {
      const said = [];
      cells.forEach((cell, index) => {
        const column = order[index];
        if (!cell || column === null) return;
        if (column === undefined) {
          said.push(this.text("extra", { number, cell }));
          return;
        }
        const field = this.fieldOf(row, column);
        const value = column.words ? this.valueOf(column, cell) : cell;
        if (value === undefined) {
          const shown = field.selectedOptions?.[0]?.textContent ?? "";
          said.push(this.text(shown ? "unknown" : "unknownFlag", { number, cell, column: column.label, shown }));
          return;
        }
        if (field.type === "checkbox") field.checked = value === "true";
        else field.value = value;
        for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
      });
      return said;
    }

    text(name, values) {
      return this.textsValue[name].replace(/%\((\w+)\)[sd]/g, (_all, key) => values[key]);
    }

    say(lines) {
      const list = document.createElement("ul");
      for (const line of lines) list.append(Object.assign(document.createElement("li"), { textContent: line }));
      this.saidTarget.replaceChildren(list);
      this.saidTarget.hidden = false;
    }
  }

  window.wagtail.app.register("emulation-rows", RowsController);
})();
