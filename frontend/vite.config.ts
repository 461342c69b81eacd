import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Django serves dist/index.html at every page path and the assets under /static/. With `up --dev`
// this serves the pages itself and hands all else to Django, sockets too, under one origin.
const django = process.env["COHELM_DEV_URL"] ?? "http://127.0.0.1:8000";
const handedOn = ["/api", "/ws", "/admin", "/static/admin", "/healthz", "/readyz"];

export default defineConfig(({ command }) => ({
  base: command === "serve" ? "/" : "/static/",
  plugins: [react()],
  server: {
    strictPort: true,
    proxy: Object.fromEntries(handedOn.map((path) => [path, { target: django, ws: true }])),
  },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
}));
