import { defineConfig } from "vite";

// The package for apps outside this tree: one module an export, nothing bundled that is not ours.
export default defineConfig({
  build: {
    target: "es2022",
    minify: false,
    lib: {
      entry: { index: "src/index.ts", react: "src/react.ts", testing: "src/testing.ts" },
      formats: ["es"],
    },
    rollupOptions: { external: ["react", "@tanstack/react-query"] },
  },
});
