// Copies the subsets and weights that the portal uses, and the licence, out of the npm package to this folder.
import { copyFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const source = "node_modules/@fontsource/be-vietnam-pro";
const styles = ["400-normal", "400-italic", "600-normal", "700-normal"];
const subsets = ["latin", "latin-ext", "vietnamese"];

for (const subset of subsets) {
  for (const style of styles) {
    const name = `be-vietnam-pro-${subset}-${style}.woff2`;
    copyFileSync(join(source, "files", name), join(here, name));
  }
}
copyFileSync(join(source, "LICENSE"), join(here, "LICENSE"));
