import { defineConfig, loadEnv, type Plugin } from "vite";

// No inline script, no inline style, nothing from elsewhere but the portal; players of films after a click. A server says
// it better in a header, with `frame-ancestors 'none'`. While developing, Vite puts styles into the page itself.
const policy = (cms: string): Plugin => ({
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: {
        "http-equiv": "Content-Security-Policy",
        content: [
          "default-src 'none'",
          `script-src 'self' ${cms}`,
          "style-src 'self'",
          `img-src 'self' ${cms}`,
          `connect-src ${cms}`,
          "frame-src https:",
          "form-action 'self'",
          "base-uri 'none'",
        ].join("; "),
      },
      injectTo: "head-prepend",
    },
  ],
});

export default defineConfig(({ mode }) => {
  const cms = new URL(loadEnv(mode, ".", "VITE_")["VITE_NHIP_API"] || "http://127.0.0.1:8000").origin;
  return {
    plugins: [policy(cms)],
    define: { "import.meta.env.VITE_NHIP_API": JSON.stringify(cms) },
    build: { target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
    // Another port would be an origin that the portal does not know.
    server: { host: "127.0.0.1", port: 5173, strictPort: true },
    preview: { host: "127.0.0.1", port: 5173, strictPort: true },
  };
});
