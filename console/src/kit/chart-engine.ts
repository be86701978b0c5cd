import { BarChart, HeatmapChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import {
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { type EChartsCoreOption, init, registerLocale, use } from "echarts/core";
import langDe from "echarts/lib/i18n/langDE.js";
import langEn from "echarts/lib/i18n/langEN.js";
import { CanvasRenderer } from "echarts/renderers";
import type { Language } from "../shell/i18n.ts";

/** The heavy part of charts, loaded by the first one (chart.tsx). */

use([
  BarChart,
  HeatmapChart,
  LineChart,
  PieChart,
  ScatterChart,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
  CanvasRenderer,
]);
registerLocale("EN", langEn);
registerLocale("DE", langDe);

/** A colour of the page as it is now. */
const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Colours that differ for those who see few of them too (Okabe and Ito), the accent first. */
const series = {
  light: ["#3a50c2", "#0a8f6a", "#b26a00", "#b8336a", "#0b7fab", "#6b7488"],
  dark: ["#8a9cf0", "#4fcf9f", "#f2b756", "#f08ab0", "#5cc4ec", "#9aa4b7"],
} as const;

/** An empty chart in `box` that looks as the page does and keeps its size. */
export function drawIn(box: HTMLDivElement, scheme: "light" | "dark", language: Language) {
  const text = colour("--mantine-color-dimmed");
  const line = colour("--dt-line");
  const font = '"Inter Variable", system-ui, sans-serif';
  const axis = {
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    axisLabel: { color: text, fontSize: 12 },
    splitLine: { lineStyle: { color: line } },
  };
  const drawn = init(
    box,
    {
      color: series[scheme],
      textStyle: { fontFamily: font, color: text },
      categoryAxis: { ...axis, splitLine: { show: false } },
      valueAxis: { ...axis, axisLine: { show: false } },
      timeAxis: { ...axis, splitLine: { show: false } },
      legend: { textStyle: { color: text }, icon: "roundRect", itemWidth: 10, itemHeight: 10 },
      line: { symbol: "none", lineStyle: { width: 2 } },
      bar: { barMaxWidth: 28, itemStyle: { borderRadius: [3, 3, 0, 0] } },
    },
    { locale: language.toUpperCase(), renderer: "canvas" },
  );
  drawn.setOption({
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250,
    grid: { left: 8, right: 12, top: 28, bottom: 8, containLabel: true },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      backgroundColor: colour("--dt-surface"),
      borderColor: line,
      textStyle: { color: colour("--mantine-color-text"), fontFamily: font, fontSize: 12 },
    },
  });
  const watch = new ResizeObserver(() => drawn.resize());
  watch.observe(box);
  return {
    // What the theme set above stays unless the page says otherwise.
    setOption: (option: EChartsCoreOption) =>
      drawn.setOption(option, { replaceMerge: ["series", "xAxis", "yAxis"] }),
    dispose: () => {
      watch.disconnect();
      drawn.dispose();
    },
  };
}
