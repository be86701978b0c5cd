// ECharts has types of its locales under another name only.
declare module "echarts/lib/i18n/lang*.js" {
  const locale: Parameters<typeof import("echarts/core").registerLocale>[1];
  export default locale;
}
