// A draft, by the link that an editor makes in the portal (*Liên kết xem trước*).
//
// NHIP_PREVIEW_URL of the portal is this front end's `/preview?link={link}`. The link opens one page, for its hours; the
// answer is of the shape of any page and has no token, so that no view of it is counted.

import { api, asked, type Page, taken } from "./client";

export const PREVIEW = "/preview";

/** Raises Refused: 403 if the link is over or was taken back, 404 if there never was one. */
export async function readPreview(link: string): Promise<Page> {
  return taken(await asked(api.GET("/api/v2/preview/{link}/", { params: { path: { link } } }))) as Page;
}

/** The link must reach no search engine and no other site. */
export function keepToItself(head: HTMLElement = document.head): () => void {
  const told = ["robots:noindex", "referrer:no-referrer"].map((pair) => {
    const [name = "", content = ""] = pair.split(":");
    return Object.assign(document.createElement("meta"), { name, content });
  });
  head.append(...told);
  return () => told.forEach((meta) => meta.remove());
}
