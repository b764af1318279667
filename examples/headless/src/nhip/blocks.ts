// Every block of a body. A new type in the portal's OpenAPI document fails the build here until it is shown.

import { html, nothing, type TemplateResult } from "lit-html";
import { unsafeHTML } from "lit-html/directives/unsafe-html.js";
import { CMS, type PageLink } from "./client";
import { figure, picture } from "./image";
import type { components } from "./schema";

type Schemas = components["schemas"];
type Shown = TemplateResult | typeof nothing;
export type Block = Schemas["BodyBlock"];
export type EmulationBlock = Schemas["WagtailEmulationBodyBlock"];
type Table = Schemas["TableBlock"]["value"];

const MEASURE = "(min-width: 46rem) 44rem, 100vw";

/** The body of an article or a plain page. */
export const body = (blocks: Block[]): TemplateResult[] => blocks.map((one) => html`${block(one)}`);

/** The body of an emulation page, whose blocks are the plugin's. */
export const emulationBody = (blocks: EmulationBlock[]): TemplateResult[] =>
  blocks.map((one) => html`${emulationBlock(one)}`);

function block(one: Block): Shown {
  switch (one.type) {
    case "paragraph":
      return html`<div class="prose">${richText(one.value)}</div>`;
    case "heading":
      return html`<h2>${one.value}</h2>`;
    case "subheading":
      return html`<h3>${one.value}</h3>`;
    case "quote":
      return quote(one.value.text, one.value.source);
    case "callout":
      return html`<aside class="callout callout-${one.value.kind || "note"}">
        ${one.value.title ? html`<p class="callout-title">${one.value.title}</p>` : nothing}
        <div class="prose">${richText(one.value.text)}</div>
      </aside>`;
    case "figure":
      return figure(one.value, { renditions: ["full", "card"], sizes: MEASURE });
    case "gallery":
      return html`<figure class="gallery">
        <ul>
          ${one.value.pictures.map(
            (image) => html`<li>
              ${picture(image, { renditions: ["card", "full"], sizes: "(min-width: 46rem) 22rem, 50vw" })}
              ${image.caption ? html`<p>${image.caption}</p>` : nothing}
            </li>`,
          )}
        </ul>
        <figcaption>
          ${one.value.caption} ${one.value.credit ? html`<span class="credit">Ảnh: ${one.value.credit}</span>` : nothing}
        </figcaption>
      </figure>`;
    case "video":
      return video(one.value);
    case "table":
      return table(one.value);
    case "attachments":
      return html`<section class="files">
        ${one.value.heading ? html`<h3>${one.value.heading}</h3>` : nothing}
        <ul>
          ${one.value.files.map((file) => html`<li>${documentLink(file)}</li>`)}
        </ul>
      </section>`;
    case "button":
      return html`<p><a class="button" href=${one.value.page?.path ?? one.value.url}>${one.value.text}</a></p>`;
    case "related":
      return html`<section class="related">
        ${one.value.heading ? html`<h3>${one.value.heading}</h3>` : nothing} ${links(one.value.pages)}
      </section>`;
    default:
      return unknown(one);
  }
}

function emulationBlock(one: EmulationBlock): Shown {
  switch (one.type) {
    case "text":
      return html`<div class="prose">${richText(one.value)}</div>`;
    case "heading":
      return html`<h2>${one.value}</h2>`;
    case "figure":
      return figure(one.value, { renditions: ["full", "card"], sizes: MEASURE });
    case "quote":
      return quote(one.value.text, [one.value.attribution, one.value.position].filter(Boolean).join(", "));
    default:
      return unknown(one);
  }
}

/** HTML of the editors, which the portal has cleaned; links to the portal's pages become links of this front end. */
export function richText(source: string): ReturnType<typeof unsafeHTML> {
  const parsed = new DOMParser().parseFromString(source, "text/html");
  for (const link of parsed.querySelectorAll<HTMLAnchorElement>("a[href]")) {
    const own = ownPath(link.href);
    if (own) link.setAttribute("href", own);
  }
  return unsafeHTML(parsed.body.innerHTML);
}

/** The path of a page of the portal; null for its files and for what is elsewhere. */
export function ownPath(address: string): string | null {
  const url = new URL(address, CMS);
  const isFile = /^\/(documents|media|api|admin|_nhip)\//.test(url.pathname);
  return url.origin === new URL(CMS).origin && !isFile ? url.pathname + url.search + url.hash : null;
}

export function links(pages: PageLink[]): TemplateResult {
  return html`<ul class="links">
    ${pages.map((page) => html`<li><a href=${page.path}>${page.title}</a></li>`)}
  </ul>`;
}

export function documentLink(file: Schemas["Document"]): TemplateResult {
  const size = file.size === null ? "" : `, ${readableSize(file.size)}`;
  return html`<a href=${file.url}>${file.title}</a> <span class="muted">(${file.kind.toUpperCase()}${size})</span>`;
}

function readableSize(bytes: number): string {
  const [number, unit] = bytes < 1e6 ? [bytes / 1e3, "KB"] : [bytes / 1e6, "MB"];
  return `${number.toLocaleString("vi", { maximumFractionDigits: unit === "KB" ? 0 : 1 })} ${unit}`;
}

function quote(text: string, source: string): TemplateResult {
  return html`<figure class="quote">
    <blockquote>${text}</blockquote>
    ${source ? html`<figcaption>${source}</figcaption>` : nothing}
  </figure>`;
}

// The player of the film's site is loaded when the reader asks for it, and only if the portal's operators allow it.
function video(film: Schemas["VideoBlock"]["value"]): TemplateResult {
  const play = (event: Event): void => {
    if (!film.player) return;
    event.preventDefault();
    const frame = Object.assign(document.createElement("iframe"), { src: film.player, title: film.title });
    frame.allow = "fullscreen; encrypted-media; picture-in-picture";
    (event.currentTarget as HTMLElement).replaceWith(frame);
  };
  return html`<figure class="video">
    <a href=${film.url} rel="noopener" @click=${play}>
      ${picture(film.poster, { renditions: ["full", "wide", "card"], sizes: MEASURE })}
      <span class="video-title">▶ ${film.title} ${film.length ? html`<small>(${film.length})</small>` : nothing}</span>
    </a>
    ${film.summary ? html`<figcaption>${film.summary}</figcaption>` : nothing}
  </figure>`;
}

// The rows of the head may span columns and rows; they come ready from the API.
function table(one: Table): TemplateResult {
  const cell = (value: Table["rows"][number][number], at: number): TemplateResult => {
    const type = one.columns[at]?.type ?? "text";
    const shown = value === null || value === "" ? "–" : type === "date" ? day(String(value)) : localNumber(value);
    return at === 0 && one.first_column_is_header
      ? html`<th scope="row">${shown}</th>`
      : html`<td class=${type}>${shown}</td>`;
  };
  return html`<figure class="table">
    <div class="scroll" role="region" tabindex="0" aria-label=${one.caption}>
      <table>
        <caption>
          ${one.caption}
        </caption>
        <thead>
          ${one.head.map(
            (row) =>
              html`<tr>
                ${row.map(
                  (head) =>
                    html`<th scope=${head.is_group ? "colgroup" : "col"} colspan=${head.columns} rowspan=${head.rows}>
                      ${head.text}
                    </th>`,
                )}
              </tr>`,
          )}
        </thead>
        <tbody>
          ${one.rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}
        </tbody>
      </table>
    </div>
    ${one.source ? html`<figcaption>${one.source}</figcaption>` : nothing}
  </figure>`;
}

function localNumber(value: string | number | null): string {
  return typeof value === "number" ? value.toLocaleString("vi", { maximumFractionDigits: 20 }) : String(value ?? "");
}

/** 2026-01-26 as people of Vietnam write it. */
export function day(date: string): string {
  const [year, month, number] = date.slice(0, 10).split("-");
  return year && month && number ? `${number}/${month}/${year}` : date;
}

// At run time: an older front end before a newer portal leaves out what it does not know.
function unknown(one: never): typeof nothing {
  console.warn("A block of a type that is newer than this front end", one);
  return nothing;
}
