// Lists of pages, filtered by what the address says, so that a list can be shared and gone back to.

import { html, nothing, type TemplateResult } from "lit-html";
import { isPartOf, listPages, type Page, type Question } from "./nhip/client";
import { cards } from "./pages";
import { type Lang, langOf, wordsIn } from "./words";

export const NEWS_FIELDS = "lead,image,topic,date";
const EVENT_FIELDS = "lead,image,event_date,event_kinds";
const PER_PAGE = 9;
export const SEARCH = "/tim-kiem/";

type Listed = "news.NewsPage" | "wagtail_emulation.EmulationPage";

/** The pages right below an index. */
export async function listOf(index: Page, type: Listed, query: URLSearchParams): Promise<TemplateResult> {
  const isNews = type === "news.NewsPage";
  const asked = await ask(query, {
    type,
    child_of: index.id,
    fields: isNews ? NEWS_FIELDS : EVENT_FIELDS,
    order: isNews ? "-date" : "-event_date",
  });
  return html`${await filters(index, query, isNews)} ${asked}`;
}

/** `/tim-kiem/?q=…`: all pages of the site; with diacritics or without. */
export async function searchFor(query: URLSearchParams, lang: Lang): Promise<TemplateResult> {
  const words = wordsIn(lang);
  const q = query.get("q")?.trim();
  return html`<h1 tabindex="-1">${words.search}</h1>
    <form class="filters" action=${SEARCH}>
      <p class="field wide">
        <label for="q">${words.words}</label>
        <input id="q" name="q" type="search" maxlength="200" .value=${q ?? ""} aria-describedby="q-hint" />
        <small id="q-hint">${words.searchHint}</small>
      </p>
      <p><button>${words.search}</button></p>
    </form>
    ${q ? await ask(query, { fields: "lead,image,topic,date,event_date,event_kinds" }, lang) : nothing}`;
}

async function ask(query: URLSearchParams, question: Question, lang: Lang = "vi"): Promise<TemplateResult> {
  const words = wordsIn(lang);
  const number = Math.max(1, Math.trunc(Number(query.get("trang"))) || 1);
  const given = (name: string): string | undefined => query.get(name)?.trim() || undefined;
  const narrowed = {
    ...question,
    search: given("q"),
    topic: given("chuyen-muc"),
    published_from: given("tu"),
    published_to: given("den"),
    order: given("q") ? undefined : question.order, // a search has the best first
    limit: PER_PAGE,
    offset: (number - 1) * PER_PAGE,
  };
  const { total, items } = await listPages(Object.fromEntries(Object.entries(narrowed).filter(([, value]) => value !== undefined)));
  const last = Math.max(1, Math.ceil(total / PER_PAGE));
  if (number > last) {
    const atLast = new URLSearchParams(query);
    atLast.set("trang", String(last));
    return ask(atLast, question, lang);
  }
  const to = (page: number): string => {
    const next = new URLSearchParams(query);
    next.set("trang", String(page));
    return `?${next}`;
  };
  return html`<p class="count" role="status">${total ? words.found(total) : words.none}</p>
    ${cards(items, 2)}
    ${last > 1
      ? html`<nav class="paging" aria-label=${words.pages}>
          ${number > 1 ? html`<a rel="prev" href=${to(number - 1)}>${words.newer}</a>` : nothing}
          <span>${words.place(number, last)}</span>
          ${number < last ? html`<a rel="next" href=${to(number + 1)}>${words.older}</a>` : nothing}
        </nav>`
      : nothing}`;
}

// No days of an event: the API knows when its page was published, which may be years later.
async function filters(index: Page, query: URLSearchParams, isNews: boolean): Promise<TemplateResult> {
  const words = wordsIn(langOf(index.meta.locale));
  const topics = isNews ? await topicsBelow(index.id) : [];
  const chosen = query.get("chuyen-muc") ?? "";
  const isFiltered = ["q", "chuyen-muc", "tu", "den"].some((name) => query.get(name));
  return html`<form class="filters" action=${index.meta.path}>
    <p class="field wide">
      <label for="q">${words.words}</label>
      <input id="q" name="q" type="search" maxlength="200" .value=${query.get("q") ?? ""} />
    </p>
    ${topics.length
      ? html`<p class="field">
          <label for="topic">${words.topic}</label>
          <select id="topic" name="chuyen-muc">
            <option value="">${words.every}</option>
            ${topics.map(([slug, name]) => html`<option value=${slug} ?selected=${slug === chosen}>${name}</option>`)}
          </select>
        </p>`
      : nothing}
    ${isNews
      ? html`<p class="field">
            <label for="from">${words.from}</label><input id="from" name="tu" type="date" .value=${query.get("tu") ?? ""} />
          </p>
          <p class="field">
            <label for="to">${words.to}</label><input id="to" name="den" type="date" .value=${query.get("den") ?? ""} />
          </p>`
      : nothing}
    <p>
      <button>${words.filter}</button>
      ${isFiltered ? html`<a href=${index.meta.path}>${words.reset}</a>` : nothing}
    </p>
  </form>`;
}

async function topicsBelow(index: number): Promise<[slug: string, name: string][]> {
  const { items } = await listPages({ type: "news.NewsPage", child_of: index, fields: "_,topic", limit: 100 });
  const found = new Map<string, string>();
  for (const page of items) {
    const topic = isPartOf(page, "news.NewsPage") ? page.topic : null;
    if (topic?.slug && topic.name) found.set(topic.slug, topic.name);
  }
  return [...found].sort(([, one], [, other]) => one.localeCompare(other, "vi"));
}
