import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Django serves dist/index.html at every page path and the assets under /static/.
export default defineConfig({
  base: "/static/",
  plugins: [react()],
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
