// A picture of the API as <picture>: the best format that the browser knows, in the size that the place needs.
//
// A place has the renditions that the portal shows there; one that is not made yet is missing, and nothing is shown.

import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import type { components } from "./schema";

/** As a page has it; in a list perhaps only some of it, as `fields` asks. */
export type Image = components["schemas"]["Image"] | components["schemas"]["ImagePart"];
type Name = keyof NonNullable<Image["renditions"]>;

export interface Place {
  /** The first one that is there. */
  renditions: Name[];
  /** How wide it is shown, as `sizes` of HTML has it. */
  sizes: string;
  /** For what is seen at once; anything else is loaded when it comes near. */
  first?: boolean;
}

export function picture(image: Image | null | undefined, place: Place): TemplateResult | typeof nothing {
  const name = place.renditions.find((one) => image?.renditions?.[one]);
  const rendition = name && image?.renditions?.[name];
  if (!image || !rendition) return nothing;
  return html`<picture>
    ${rendition.sources.map(
      (source) => html`<source type=${source.type} srcset=${source.srcset} sizes=${place.sizes} />`,
    )}
    <img
      src=${rendition.src}
      width=${rendition.width}
      height=${rendition.height}
      alt=${image.alt ?? ""}
      loading=${place.first ? "eager" : "lazy"}
      fetchpriority=${place.first ? "high" : "auto"}
      decoding="async"
      ${ref((element) => keepInSight(element as HTMLElement | undefined, image))}
    />
  </picture>`;
}

/** With its caption and credit, if it has any. */
export function figure(image: Image, place: Place): TemplateResult | typeof nothing {
  const shown = picture(image, place);
  if (shown === nothing) return nothing;
  return html`<figure class="figure">
    ${shown}
    ${image.caption || image.credit
      ? html`<figcaption>
          ${image.caption} ${image.credit ? html`<span class="credit">Ảnh: ${image.credit}</span>` : nothing}
        </figcaption>`
      : nothing}
  </figure>`;
}

// Where CSS crops the picture (`object-fit: cover`), its middle stays. Set as a property, which a strict policy allows.
function keepInSight(element: HTMLElement | undefined, { focal_point: middle }: Image): void {
  if (element && middle) element.style.objectPosition = `${middle.x * 100}% ${middle.y * 100}%`;
}
