// Reads the portal's API, with types that are made from its OpenAPI document: `npm run types`.
//
// Depends on openapi-fetch and schema.d.ts alone. VITE_NHIP_API is the portal's origin, such as https://cms.example.vn.

import createClient from "openapi-fetch";
import type { components, operations, paths } from "./schema";

type Schemas = components["schemas"];
export type Page = Schemas["Page"];
export type PagePart = Schemas["PagePart"];
export type PageLink = Schemas["PageLink"];
export type Site = Schemas["Site"];
export type MenuEntry = Schemas["MenuEntry"];
export type Problem = Schemas["Problem"];
export type Question = NonNullable<operations["listPages"]["parameters"]["query"]>;

export const CMS = import.meta.env.VITE_NHIP_API.replace(/\/+$/, "");
export const api = createClient<paths>({ baseUrl: CMS });

/** What the API refused, in its own words: `problem.detail` says what to do. Status 0: it did not answer at all. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

export interface Listing {
  total: number;
  items: PagePart[];
}

/** `leave`: a redirect of the portal that leads out of the site. */
export type Found = { page: Page; leave?: never } | { page?: never; leave: string };

/** The page at a path of the site, wherever it has moved: `page.meta.redirected` says so. Raises Refused. */
export async function findPage(path: string): Promise<Found> {
  const found = taken(await asked(api.GET("/api/v2/pages/find/", { params: { query: { path } } })));
  return "redirect" in found ? { leave: found.redirect.to } : { page: found as Page }; // no `fields`: it is whole
}

/** Raises Refused. */
export async function readPage(id: number): Promise<Page> {
  return taken(await asked(api.GET("/api/v2/pages/{id}/", { params: { path: { id } } }))) as Page;
}

/** Pages by type, place, topic, days and words; `fields` says what of each. Raises Refused. */
export async function listPages(query: Question): Promise<Listing> {
  const { meta, items } = taken(await asked(api.GET("/api/v2/pages/", { params: { query } })));
  return { total: meta.total_count, items };
}

/** What stands around every page: name, menu, footer, languages, texts of the statistics. Raises Refused. */
export async function readSite(): Promise<Site> {
  return taken(await asked(api.GET("/api/v2/site/")));
}

type ByType<P extends { meta: { type: string } }> = { [One in P as One["meta"]["type"]]: One };

/** `isA(page, "news.NewsPage")`: from then on TypeScript knows the fields of that type. */
export function isA<T extends keyof ByType<Page>>(page: Page, type: T): page is Extract<ByType<Page>[T], Page> {
  return page.meta.type === type;
}

/** The same of an item of a list, which has only the fields that were asked for. */
export function isPartOf<T extends keyof ByType<PagePart>>(
  page: PagePart,
  type: T,
): page is Extract<ByType<PagePart>[T], PagePart> {
  return page.meta.type === type;
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

export async function asked<T>(answer: Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await answer;
  } catch {
    // A browser does not say which of the two it was.
    const origin = globalThis.location?.origin ?? "this origin";
    const detail = `No answer from ${CMS}: it does not run, or its NHIP_FRONT_ENDS does not name ${origin}.`;
    throw new Refused({ type: "about:blank", title: "No answer", status: 0, detail });
  }
}

export function taken<T>({ data, error, response }: Answer<T>): T {
  if (data !== undefined) return data;
  const problem = error as Problem | undefined;
  const { status, statusText } = response;
  throw new Refused(problem?.detail ? problem : { type: "about:blank", title: statusText, status, detail: statusText });
}
