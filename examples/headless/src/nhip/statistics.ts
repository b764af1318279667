// Counts the view of the page that is shown, and shows its number and those of the site, live.
//
// All of it is the portal's: <script type="module" src="https://CMS/_nhip/nhip.js"> in index.html makes the element
// <nhip-statistics>. A page's `statistics.token` counts its view; another token, as after a navigation without a reload,
// counts another. The portal has to name this front end's origin in NHIP_FRONT_ENDS.

import { html, nothing, type TemplateResult } from "lit-html";
import type { PagePart, Site } from "./client";

type Statistics = { views?: number | null; token?: string | null };
type Lang = "vi" | "en";

/** The views of the page that is shown; they are counted, unless it is a draft (which has no token). */
export function pageViews(page: { id: number; statistics: Statistics }, lang: Lang): TemplateResult {
  const { token, views } = page.statistics;
  const words = { vi: "Lượt xem", en: "Views" }[lang];
  return html`<nhip-statistics class="views" show="views" lang=${lang} token=${token ?? nothing} page=${token ? nothing : page.id}
    >${words}: ${views?.toLocaleString(lang) ?? "–"}</nhip-statistics
  >`;
}

/** Of a page in a list: shown, and not counted. */
export function viewsInList(page: PagePart, lang: Lang): TemplateResult {
  const words = { vi: "Lượt xem", en: "Views" }[lang];
  return html`<nhip-statistics class="views" show="views" lang=${lang} page=${page.id}
    >${words}: ${page.statistics?.views?.toLocaleString(lang) ?? "–"}</nhip-statistics
  >`;
}

/** Online now, today, this week, this month, in total. */
export function siteNumbers(site: Site, token: string | null, lang: Lang): TemplateResult {
  const { texts, unit } = site.statistics;
  return html`<section class="numbers" aria-labelledby="numbers">
    <h2 id="numbers">${texts[lang].title}</h2>
    <nhip-statistics lang=${lang} unit=${unit} site=${site.id} token=${token ?? nothing}></nhip-statistics>
  </section>`;
}
