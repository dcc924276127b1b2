// Colours and type of the wallet. Every pair of text and ground keeps a contrast of at least 4.5.
import {
  Checkbox,
  createTheme,
  type CSSVariablesResolver,
  type MantineColorSchemeManager,
  type MantineColorsTuple,
} from "@mantine/core";

import type { Theme } from "./page-state";

const harbour: MantineColorsTuple = [
  "#ecf8f6",
  "#d7efeb",
  "#aeded6",
  "#82ccc1",
  "#5cbcae",
  "#3fae9f",
  "#239b8c",
  "#12877a",
  "#0b756a",
  "#075f56",
];

// The library's dark grounds, from text to deepest, in our slightly green grey.
const dark: MantineColorsTuple = [
  "#e7edeb",
  "#b9c5c2",
  "#94a3a0",
  "#74837f",
  "#35413e",
  "#2a3432",
  "#1a2220",
  "#161d1c",
  "#111817",
  "#0f1514",
];

export const theme = createTheme({
  colors: { harbour, dark },
  primaryColor: "harbour",
  primaryShade: { light: 8, dark: 8 },
  fontFamily: '"Inter Variable", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: '"JetBrains Mono Variable", "DejaVu Sans Mono", monospace',
  headings: { fontWeight: "600" },
  defaultRadius: "md",
  respectReducedMotion: true,
  components: { Checkbox: Checkbox.extend({ defaultProps: { radius: "sm" } }) },
});

/** Replaces the library's neutral colours by ours. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f5f7f7",
    "--mantine-color-text": "#14201e",
    "--mantine-color-dimmed": "#566462",
    "--mantine-color-placeholder": "#6d7b79",
    "--mantine-color-default": "#ffffff",
    "--mantine-color-default-hover": "#f0f3f3",
    "--mantine-color-default-color": "#14201e",
    "--mantine-color-default-border": "#cfd7d6",
    "--mantine-color-error": "#b42318",
    "--mantine-color-anchor": "#0b756a",
  },
  dark: {
    "--mantine-color-body": "#0f1514",
    "--mantine-color-text": "#e7edeb",
    "--mantine-color-dimmed": "#94a3a0",
    "--mantine-color-placeholder": "#7d8c89",
    "--mantine-color-default": "#1a2220",
    "--mantine-color-default-hover": "#222b29",
    "--mantine-color-default-color": "#e7edeb",
    "--mantine-color-default-border": "#35413e",
    "--mantine-color-error": "#ff8a7a",
    "--mantine-color-anchor": "#5cbcae",
  },
});

/** Keeps the colour scheme in the page state; the engine's own storage ends with the cage. */
export function colorSchemeManager(
  initial: Theme,
  save: (theme: Theme) => void,
): MantineColorSchemeManager {
  let current = initial;
  return {
    get: () => current,
    set: (value) => {
      current = value;
      save(value);
    },
    subscribe: () => undefined,
    unsubscribe: () => undefined,
    clear: () => undefined,
  };
}
