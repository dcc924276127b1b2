import { defineConfig } from "vite";

// The oldest engine that shows this page is Debian 12's Qt WebEngine.
export default defineConfig({ build: { target: "chrome102", modulePreload: false } });
