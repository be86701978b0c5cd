import {
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  type MantineThemeOverride,
} from "@mantine/core";

/** The looks of the console: one accent, quiet greys, and the colours of states, all with the contrast that WCAG AA wants. */

const ink: MantineColorsTuple = [
  "#eef1fd",
  "#dce2f7",
  "#b7c2ee",
  "#90a1e5",
  "#7086de",
  "#5b74da",
  "#4a63d2",
  "#3a50c2",
  "#3247ae",
  "#283b96",
];

/** Slate: greys with a little of the accent in them. */
const slate: MantineColorsTuple = [
  "#f7f8fa",
  "#eff1f5",
  "#e3e6ec",
  "#d2d7e0",
  "#b6bdca",
  "#8c95a6",
  "#667085",
  "#4c5567",
  "#343b4a",
  "#1f2430",
];

const night: MantineColorsTuple = [
  "#d7dbe4",
  "#b9c0ce",
  "#98a1b3",
  "#717b8f",
  "#434b5b",
  "#323947",
  "#1d222b",
  "#1b202a",
  "#141820",
  "#0d1016",
];

export const theme: MantineThemeOverride = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 7, dark: 6 },
  colors: { ink, gray: slate, dark: night },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, "DejaVu Sans Mono", monospace',
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: {
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.25" },
      h2: { fontSize: "1.0625rem", lineHeight: "1.35" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.4" },
    },
  },
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false } },
    Modal: {
      defaultProps: {
        centered: true,
        radius: "lg",
        padding: "lg",
        overlayProps: { backgroundOpacity: 0.4, blur: 2 },
        // Not one more banner beside the page's own.
        attributes: { header: { role: "none" } },
      },
    },
    Badge: { defaultProps: { variant: "light", radius: "sm" } },
  },
});

/** What Mantine's own variables get wrong for contrast, and the console's own. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f7f8fa",
    "--mantine-color-text": "#1d222d",
    "--mantine-color-dimmed": "#596275",
    "--mantine-color-placeholder": "#6b7488",
    "--mantine-color-error": "#c02626",
    "--mantine-color-anchor": "#3247ae",
    "--mantine-color-default-border": "#d2d7e0",
    // Mantine's yellow on its own light is too weak to read.
    "--mantine-color-yellow-light": "#fdf2dc",
    "--mantine-color-yellow-light-color": "#8f5a00",
    "--dt-surface": "#ffffff",
    "--dt-wire": "#b6bdca",
    "--dt-line": "#e3e6ec",
    "--dt-hover": "#f2f4f8",
    "--dt-rail": "#eceff5",
    "--dt-good": "#17794b",
    "--dt-good-soft": "#e4f5ec",
    "--dt-warn": "#8f5a00",
    "--dt-warn-soft": "#fdf2dc",
    "--dt-bad": "#b42318",
    "--dt-bad-soft": "#fdeceb",
    "--dt-idle": "#5b6478",
    "--dt-idle-soft": "#eff1f5",
    "--dt-accent-soft": "#eef1fd",
    "--dt-accent-text": "#3247ae",
  },
  dark: {
    "--mantine-color-body": "#0f1218",
    "--mantine-color-text": "#dfe3eb",
    "--mantine-color-dimmed": "#9aa4b7",
    "--mantine-color-placeholder": "#8791a4",
    "--mantine-color-error": "#ff9a8f",
    "--mantine-color-anchor": "#a3b2f2",
    "--mantine-color-default": "#1d222b",
    "--mantine-color-default-hover": "#252b36",
    "--mantine-color-default-border": "#3a4250",
    "--dt-surface": "#171b23",
    "--dt-wire": "#4a5364",
    "--dt-line": "#272d39",
    "--dt-hover": "#1e232d",
    "--dt-rail": "#1a1f28",
    "--dt-good": "#5fd39a",
    "--dt-good-soft": "#12301f",
    "--dt-warn": "#f2b756",
    "--dt-warn-soft": "#352811",
    "--dt-bad": "#ff9a8f",
    "--dt-bad-soft": "#3a1a18",
    "--dt-idle": "#9aa4b7",
    "--dt-idle-soft": "#232935",
    "--dt-accent-soft": "#222a4a",
    "--dt-accent-text": "#b4c0f5",
    // Mantine's own for notes and choices in the dark are louder than what they say.
    "--mantine-color-ink-light": "#222a4a",
    "--mantine-color-ink-light-color": "#b4c0f5",
    "--mantine-color-red-light": "#3a1a18",
    "--mantine-color-red-light-color": "#ff9a8f",
    "--mantine-color-yellow-light": "#352811",
    "--mantine-color-yellow-light-color": "#f2b756",
    "--mantine-color-gray-light": "#232935",
    "--mantine-color-gray-light-color": "#b9c0ce",
  },
});
