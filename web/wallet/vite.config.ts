import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The oldest engine that shows this page is Debian 12's Qt WebEngine.
const CHROMIUM = 102;

export default defineConfig({
  plugins: [react()],
  css: {
    transformer: "lightningcss",
    lightningcss: { targets: { chrome: CHROMIUM << 16 } },
  },
  build: {
    target: `chrome${CHROMIUM}`,
    cssTarget: `chrome${CHROMIUM}`,
    cssMinify: "lightningcss",
    // Fonts and pictures are files of their own: the policy has no data: for fonts.
    assetsInlineLimit: 0,
    // One script; there is nothing to preload.
    modulePreload: false,
    sourcemap: false,
    reportCompressedSize: true,
    chunkSizeWarningLimit: 700,
  },
});
