import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Contribution } from "../advice.ts";
import type { BusinessCase } from "../business.ts";
import type { ServiceResult } from "../results.ts";

/** The pictures with axes, as SVG texts. Colours differ in brightness too, for printing in grey. */

use([BarChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const blue = "#1f5f8b";
const orange = "#e08e45";
const dark = "#222222";
const text = { fontFamily: "DejaVu Sans, Arial, sans-serif", fontSize: 12, color: dark };

function draw(width: number, height: number, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption({ animation: false, textStyle: text, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** Cost and expected loss a year of each alternative, stacked, with the total above. */
export function costChart({ alternatives, best }: BusinessCase, money: (amount: number) => string): string {
  const label = {
    show: true,
    position: "top",
    ...text,
    formatter: ({ value }: { value: number }) => money(value),
  };
  return draw(720, 340, {
    grid: { left: 70, right: 20, top: 50, bottom: 60 },
    legend: { top: 5, itemGap: 50, data: ["Cost a year", "Expected loss a year"], textStyle: text },
    xAxis: {
      type: "category",
      data: alternatives.map((each) => `${each.name}${each.id === best ? "\n(least in all)" : ""}`),
      axisLabel: { ...text, fontSize: 11, interval: 0, width: 105, overflow: "break" },
      axisTick: { show: false },
    },
    yAxis: { type: "value", axisLabel: { ...text, formatter: (value: number) => money(value) } },
    series: [
      {
        name: "Cost a year",
        type: "bar",
        stack: "all",
        color: blue,
        barWidth: "55%",
        data: alternatives.map((each) => each.cost),
      },
      {
        name: "Expected loss a year",
        type: "bar",
        stack: "all",
        color: orange,
        data: alternatives.map((each) => each.loss),
      },
      {
        type: "line",
        color: dark,
        lineStyle: { type: "dashed", width: 1 },
        symbolSize: 5,
        label,
        data: alternatives.map((each) => each.total),
      },
    ],
  });
}

/** How many outages of each length a service has in ten years. */
export function lengthChart(result: ServiceResult): string {
  const values = result.lengths.map((each) => each.perYear * 10);
  return draw(720, 300, {
    grid: { left: 60, right: 20, top: 62, bottom: 30 },
    title: {
      text: `${result.id}: outages in ten years, by length`,
      left: "center",
      textStyle: { ...text, fontSize: 13 },
    },
    xAxis: {
      type: "category",
      data: result.lengths.map((each) => each.label),
      axisLabel: { ...text, fontSize: 11, interval: 0 },
    },
    yAxis: { type: "value", name: "in ten years", nameTextStyle: text, axisLabel: text },
    series: [
      {
        type: "bar",
        color: blue,
        data: values,
        label: {
          show: true,
          position: "top",
          ...text,
          formatter: ({ value }: { value: number }) =>
            value === 0 ? "" : value < 0.1 ? "< 0.1" : value.toFixed(1),
        },
      },
    ],
  });
}

/** What causes loss, the largest first. */
export function contributionChart(list: readonly Contribution[], money: (amount: number) => string): string {
  const top = list.slice(0, 8).toReversed();
  return draw(720, 60 + top.length * 30, {
    grid: { left: 270, right: 70, top: 10, bottom: 30 },
    xAxis: { type: "value", axisLabel: { ...text, formatter: (value: number) => money(value) } },
    yAxis: {
      type: "category",
      data: top.map((each) => `${each.from}: ${each.cause}`),
      axisLabel: { ...text, fontSize: 11, width: 255, overflow: "truncate" },
      axisTick: { show: false },
    },
    series: [
      {
        type: "bar",
        color: orange,
        data: top.map((each) => each.lossPerYear),
        label: {
          show: true,
          position: "right",
          ...text,
          formatter: ({ value }: { value: number }) => money(value),
        },
      },
    ],
  });
}
