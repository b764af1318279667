// What is inside <main> for each type of page.

import { html, nothing, type TemplateResult } from "lit-html";
import { body, day, emulationBody, links, richText } from "./nhip/blocks";
import { isA, isPartOf, listPages, type Page, type PagePart, readPage } from "./nhip/client";
import { figure, picture } from "./nhip/image";
import { pageViews, viewsInList } from "./nhip/statistics";
import { listOf, NEWS_FIELDS } from "./lists";
import { KINDS, langOf, wordsIn } from "./words";

/** The whole content; it may ask for more of the API. Raises Refused. */
export async function contentOf(page: Page, query: URLSearchParams): Promise<TemplateResult> {
  if (isA(page, "home.HomePage")) return home(page);
  if (isA(page, "news.NewsIndexPage")) return html`${heading(page)} ${lead(page.lead)} ${await listOf(page, "news.NewsPage", query)}`;
  if (isA(page, "wagtail_emulation.EmulationIndexPage"))
    return html`${heading(page)}
      <div class="lead">${richText(page.intro)}</div>
      ${await listOf(page, "wagtail_emulation.EmulationPage", query)}`;
  if (isA(page, "news.NewsPage")) return article(page);
  if (isA(page, "wagtail_emulation.EmulationPage")) return emulation(page);
  return html`<article>${heading(page)} ${lead(page.lead)}
    <div class="body">${body(page.body)}</div>
  </article>`;
}

const heading = (page: Page): TemplateResult =>
  html`<h1 tabindex="-1">${page.title}</h1>
    <p class="meta">${pageViews(page, langOf(page.meta.locale))}</p>`;

const lead = (text: string): TemplateResult | typeof nothing => (text ? html`<p class="lead">${text}</p>` : nothing);

async function home(page: Extract<Page, { featured: unknown }>): Promise<TemplateResult> {
  const words = wordsIn(langOf(page.meta.locale));
  const [news, events, featured] = await Promise.all([
    listPages({ type: "news.NewsPage", order: "-date", limit: 7, fields: NEWS_FIELDS }),
    listPages({ type: "wagtail_emulation.EmulationPage", order: "-event_date", limit: 3, fields: "lead,image,event_date,event_kinds" }),
    page.featured ? readPage(page.featured.id) : null,
  ]);
  const rest = news.items.filter((one) => one.id !== featured?.id).slice(0, 6);
  return html`<h1 class="unseen" tabindex="-1">${page.title}</h1>
    ${featured ? html`<section class="featured">${card(featured, { isFirst: true })}</section>` : nothing}
    <section aria-labelledby="news">
      <h2 id="news">${words.news}</h2>
      ${cards(rest, 3)}
    </section>
    ${events.items.length
      ? html`<section aria-labelledby="events">
          <h2 id="events">${words.emulation}</h2>
          ${cards(events.items, 3)}
        </section>`
      : nothing}
    <p class="meta">${pageViews(page, langOf(page.meta.locale))}</p>`;
}

/** `level`: of their headings. */
export const cards = (pages: PagePart[], level: 2 | 3): TemplateResult =>
  html`<ol class="cards">
    ${pages.map((page) => html`<li>${card(page, { level })}</li>`)}
  </ol>`;

function card(page: PagePart, { isFirst = false, level = 2 } = {}): TemplateResult {
  const title = html`<a href=${page.meta.path ?? "/"}>${page.title}</a>`;
  const isNews = isPartOf(page, "news.NewsPage");
  const isEvent = isPartOf(page, "wagtail_emulation.EmulationPage");
  const image = isNews || isEvent ? page.image : null;
  const date = isNews ? page.date : isEvent ? page.event_date : null;
  const label = isNews ? page.topic?.name : isEvent ? page.event_kinds?.map((kind) => KINDS[kind]).join(" · ") : "";
  const sizes = isFirst ? "(min-width: 60rem) 40rem, 100vw" : "(min-width: 60rem) 22rem, (min-width: 40rem) 45vw, 100vw";
  return html`<article class="card">
    <a class="card-picture" href=${page.meta.path ?? "/"} tabindex="-1" aria-hidden="true"
      >${picture(image, { renditions: isFirst ? ["wide", "card", "full"] : ["card", "full"], sizes, first: isFirst })}</a
    >
    <div class="card-text">
      ${label ? html`<p class="label">${label}</p>` : nothing}
      ${level === 2 ? html`<h2 class="card-title">${title}</h2>` : html`<h3 class="card-title">${title}</h3>`}
      ${"lead" in page && page.lead ? html`<p class="card-lead">${page.lead}</p>` : nothing}
      <p class="meta">
        ${date ? html`<time datetime=${date}>${day(date)}</time>` : nothing} ${viewsInList(page, langOf(page.meta.locale ?? "vi"))}
      </p>
    </div>
  </article>`;
}

function article(page: Extract<Page, { topic: unknown }>): TemplateResult {
  const lang = langOf(page.meta.locale);
  const words = wordsIn(lang);
  return html`<article>
    <header>
      ${page.topic ? html`<p class="label">${page.topic.name}</p>` : nothing}
      <h1 tabindex="-1">${page.title}</h1>
      <p class="meta">
        ${page.date ? html`<time datetime=${page.date}>${day(page.date)}</time>` : nothing} ${pageViews(page, lang)}
      </p>
      ${lead(page.lead)}
    </header>
    ${page.image ? figure(page.image, { renditions: ["full", "wide", "card"], sizes: "(min-width: 56rem) 54rem, 100vw", first: true }) : nothing}
    <div class="body">${body(page.body)}</div>
    ${page.author ? html`<p class="author">${page.author}</p>` : nothing}
    ${page.previous || page.next
      ? html`<nav class="around" aria-label=${`${words.previous}, ${words.next}`}>
          ${[
            [page.previous, words.previous, "prev"] as const,
            [page.next, words.next, "next"] as const,
          ].map(([link, label, rel]) => (link ? html`<a rel=${rel} href=${link.path}><small>${label}</small>${link.title}</a>` : nothing))}
        </nav>`
      : nothing}
    ${page.related.length
      ? html`<section class="related" aria-labelledby="related">
          <h2 id="related">${words.related}</h2>
          ${links(page.related)}
        </section>`
      : nothing}
  </article>`;
}

function emulation(page: Extract<Page, { agreements: unknown }>): TemplateResult {
  const lang = langOf(page.meta.locale);
  const words = wordsIn(lang);
  const dates = [page.event_date, page.event_end_date].filter((one) => one !== null);
  const groups = (["collective", "individual"] as const).map((kind) => page.commendations.filter((row) => row.recipient_kind === kind));
  return html`<article>
    <header>
      <p class="label">${page.event_kinds.map((kind) => KINDS[kind] ?? kind).join(" · ")}</p>
      <h1 tabindex="-1">${page.title}</h1>
      <p class="meta">
        ${dates.map((date, at) => html`${at ? "–" : ""}<time datetime=${date}>${day(date)}</time>`)}
        ${page.place ? html`<span>${page.place}</span>` : nothing} ${pageViews(page, lang)}
      </p>
      ${lead(page.lead)}
    </header>
    <div class="body">
      ${emulationBody(page.body)}
      ${page.agreements.length ? html`<h2>${words.agreements}</h2>` : nothing}
      ${page.agreements.map(
        (one) =>
          html`<h3>${one.heading}</h3>
            <div class="prose">${richText(one.commitments)}</div>
            ${rows("Các bên ký", ["Phòng, đơn vị, tổ chức", "Loại", "Người đại diện ký"], one.signatories.map((row) => [row.name, KINDS[row.kind] ?? "", row.represented_by]))}`,
      )}
      ${page.commendations.length ? html`<h2>${words.commendations}</h2>` : nothing}
      ${groups.map((group, at) =>
        rows(
          ["Tập thể được khen thưởng", "Cá nhân được khen thưởng"][at] ?? "",
          ["Tên", "Đơn vị", "Danh hiệu, hình thức khen thưởng", "Số quyết định"],
          group.map((row) => [row.public_name, row.unit, row.award, row.decision_number]),
        ),
      )}
      ${page.directives.length
        ? html`<h2>${words.directives}</h2>
            <ul class="links">
              ${page.directives.map(
                (one) =>
                  html`<li>
                    ${one.link ? html`<a href=${one.link} rel="external">${one.number}</a>` : one.number}
                    ${[one.issued_on && day(one.issued_on), one.issuer, one.title].filter(Boolean).map((part) => ` · ${part}`)}
                  </li>`,
              )}
            </ul>`
        : nothing}
    </div>
  </article>`;
}

function rows(caption: string, head: string[], cells: string[][]): TemplateResult | typeof nothing {
  if (!cells.length) return nothing;
  return html`<div class="scroll" role="region" tabindex="0" aria-label=${caption}>
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head.map((one) => html`<th scope="col">${one}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${cells.map(
          ([name, ...others]) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${others.map((cell) => html`<td>${cell || "–"}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
