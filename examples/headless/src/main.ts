// The frame of every page, and the way from an address to its content.

import { html, nothing, render, type TemplateResult } from "lit-html";
import { findPage, type MenuEntry, type Page, readSite, Refused, type Site } from "./nhip/client";
import { picture } from "./nhip/image";
import { keepToItself, PREVIEW, readPreview } from "./nhip/preview";
import { siteNumbers } from "./nhip/statistics";
import { SEARCH, searchFor } from "./lists";
import { contentOf } from "./pages";
import { type Lang, langOf, wordsIn } from "./words";

interface Shown {
  title: string;
  lang: Lang;
  content: TemplateResult;
  page?: Page;
  note?: string;
}

const root = document.getElementById("site")!;
let site: Site;
let asked = 0;
let endPrivacy = (): void => undefined;

async function showAddress({ scroll = 0, isFirst = false } = {}): Promise<void> {
  const mine = ++asked;
  document.body.setAttribute("aria-busy", "true");
  const shown = await contentAt(new URL(location.href)).catch(refusal);
  if (mine !== asked || !shown) return; // the reader has gone on
  endPrivacy();
  endPrivacy = location.pathname === PREVIEW ? keepToItself() : () => undefined;
  document.documentElement.lang = shown.lang;
  document.title = site && shown.title !== site.name ? `${shown.title} – ${site.name}` : shown.title;
  render(site ? frame(shown) : html`<main>${shown.content}</main>`, root);
  document.body.removeAttribute("aria-busy");
  scrollTo({ top: scroll, behavior: "instant" });
  if (!isFirst) root.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
}

/** Undefined if the reader is sent elsewhere. Raises Refused. */
async function contentAt(url: URL): Promise<Shown | undefined> {
  site ??= await readSite();
  const lang = langOf(site.locale);
  if (url.pathname === SEARCH) {
    return { title: wordsIn(lang).search, lang, content: await searchFor(url.searchParams, lang) };
  }
  if (url.pathname === PREVIEW) {
    const draft = await readPreview(url.searchParams.get("link") ?? "");
    return { ...(await shownOf(draft, url)), note: wordsIn(langOf(draft.meta.locale)).draft };
  }
  const found = await findPage(url.pathname);
  if (!found.page) {
    location.replace(found.leave);
    return undefined;
  }
  const { page } = found;
  if (page.meta.path !== url.pathname) history.replaceState(null, "", page.meta.path + url.search + url.hash);
  return shownOf(page, url);
}

async function shownOf(page: Page, url: URL): Promise<Shown> {
  const content = await contentOf(page, url.searchParams);
  return { title: page.meta.seo_title || page.title, lang: langOf(page.meta.locale), content, page };
}

function refusal(error: unknown): Shown {
  const lang = site ? langOf(site.locale) : "vi";
  const words = wordsIn(lang);
  const status = error instanceof Refused ? error.problem.status : -1;
  if (status === -1) console.error(error);
  // Readers have words of their own for what happens every day; what the API says is for who builds this.
  const isUsual = status === 404 || status === 403;
  if (isUsual) console.info((error as Refused).problem.detail);
  const way = isUsual ? "/" : status === 400 ? location.pathname : location.href; // a wrong filter stays wrong
  const title = status === 404 ? words.missing : status === 403 ? words.over : words.broken;
  const content = html`<h1 tabindex="-1">${title}</h1>
    ${isUsual ? html`<p>${status === 404 ? words.missingHint : words.overHint}</p>` : nothing}
    ${error instanceof Refused && !isUsual ? html`<p class="lead" lang="en">${error.problem.detail}</p>` : nothing}
    <p><a class="button" href=${way}>${isUsual ? words.home : status === 400 ? words.reset : words.again}</a></p>`;
  return { title, lang, content };
}

function frame({ content, lang, page, note }: Shown): TemplateResult {
  const words = wordsIn(lang);
  return html`<a class="skip" href="#content">${words.skip}</a>
    <header class="site-header">
      <div class="bar">
        <a class="brand" href="/">
          ${picture(site.emblem, { renditions: ["full"], sizes: "3rem" })}
          <span><small>${site.parent_body}</small><strong>${site.name}</strong></span>
        </a>
        <form action=${SEARCH} role="search" class="quick">
          <input name="q" type="search" maxlength="200" aria-label=${words.search} placeholder=${words.search} />
          <button aria-label=${words.search}>⌕</button>
        </form>
      </div>
      <nav class="menu" aria-label=${words.menu}>${entries(site.menu)}</nav>
    </header>
    ${page && (page.meta.breadcrumbs.length || page.meta.translations.length) ? trail(page, lang) : nothing}
    <main id="content" tabindex="-1">${note ? html`<p class="note" role="status">${note}</p>` : nothing} ${content}</main>
    <footer class="site-footer">
      <div class="bar">
        ${siteNumbers(site, page?.statistics.token ?? null, lang)}
        ${site.footer.columns.map(
          (column) => html`<section><h2>${column.title}</h2>${entries(column.links)}</section>`,
        )}
        <section>
          <h2>${site.name}</h2>
          <p>${site.contact.address}</p>
          ${site.contact.phone ? html`<p><a href="tel:${site.contact.phone.replaceAll(" ", "")}">${site.contact.phone}</a></p>` : nothing}
          ${site.contact.email ? html`<p><a href="mailto:${site.contact.email}">${site.contact.email}</a></p>` : nothing}
          <p class="small">${site.footer.note}</p>
        </section>
      </div>
    </footer>`;
}

function entries(menu: MenuEntry[]): TemplateResult {
  const here = location.pathname;
  const current = (entry: MenuEntry): string | typeof nothing => {
    if (entry.path === here) return "page";
    return entry.path && entry.path !== "/" && here.startsWith(entry.path) ? "true" : nothing;
  };
  return html`<ul>
    ${menu.map(
      (entry) =>
        html`<li>
          <a href=${entry.path ?? entry.url} aria-current=${current(entry)}>${entry.title}</a>
          ${entry.below.length ? entries(entry.below) : nothing}
        </li>`,
    )}
  </ul>`;
}

function trail(page: Page, lang: Lang): TemplateResult {
  const words = wordsIn(lang);
  // In the language itself: who looks for English reads it.
  const nameOf = (code: string): string => new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  return html`<div class="trail bar">
    ${page.meta.breadcrumbs.length
      ? html`<nav aria-label=${words.breadcrumbs}>
          <ol>
            ${page.meta.breadcrumbs.map((step) => html`<li><a href=${step.path}>${step.title}</a></li>`)}
            <li aria-current="page">${page.title}</li>
          </ol>
        </nav>`
      : nothing}
    ${page.meta.translations.length
      ? html`<nav aria-label=${words.languages} class="languages">
          ${page.meta.translations.map(
            (one) => html`<a href=${one.path} hreflang=${one.locale} lang=${one.locale}>${nameOf(one.locale)}</a>`,
          )}
        </nav>`
      : nothing}
  </div>`;
}

// Addresses of this front end change the page without a reload; everything else is the browser's.

function goTo(address: string): void {
  history.replaceState({ scroll: scrollY }, "");
  history.pushState(null, "", address);
  void showAddress();
}

document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const isHere = link.origin === location.origin && !link.target && !link.hasAttribute("download");
  const isInPage = link.hash && link.pathname + link.search === location.pathname + location.search;
  if (!isHere || isInPage) return;
  event.preventDefault();
  goTo(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  event.preventDefault();
  const filled = [...new FormData(form)].filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[1] !== "");
  const query = new URLSearchParams(filled).toString();
  goTo(new URL(form.action).pathname + (query ? `?${query}` : ""));
});

addEventListener("popstate", (event) => {
  const state = event.state as { scroll?: number } | null;
  void showAddress({ scroll: state?.scroll ?? 0 });
});
history.scrollRestoration = "manual";

render(html`<p class="loading" role="status">${wordsIn("vi").loading}</p>`, root);
void showAddress({ isFirst: true });
