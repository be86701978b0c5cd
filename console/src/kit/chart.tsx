import { Table, useComputedColorScheme, VisuallyHidden } from "@mantine/core";
import type { EChartsCoreOption } from "echarts/core";
import { useEffect, useRef } from "react";
import { useLanguage } from "../shell/i18n.ts";

/** What a chart shows, as a table, for those who do not see it. */
export interface ChartTable {
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}

/**
 * A chart of ECharts, which is loaded when the first one is shown. Colours, axes and fonts come from the theme: `option`
 * says series and data. Tooltips are drawn, not HTML: the page's policy allows no style attributes.
 * @param label what it shows, in a sentence
 */
export function Chart({
  option,
  label,
  table,
  height = 260,
}: {
  option: EChartsCoreOption;
  label: string;
  table: ChartTable;
  height?: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  const language = useLanguage();
  const newest = useRef(option);
  newest.current = option;
  const chart = useRef<{ setOption: (option: EChartsCoreOption) => void }>(undefined);

  useEffect(() => {
    let over = false;
    let dispose = () => {};
    void import("./chart-engine.ts").then(({ drawIn }) => {
      if (over || !box.current) return;
      const drawn = drawIn(box.current, scheme, language);
      chart.current = drawn;
      drawn.setOption(newest.current);
      dispose = drawn.dispose;
    });
    return () => {
      over = true;
      chart.current = undefined;
      dispose();
    };
  }, [scheme, language]);
  useEffect(() => chart.current?.setOption(option), [option]);

  return (
    <figure style={{ margin: 0 }}>
      <div ref={box} style={{ height }} aria-hidden="true" />
      <VisuallyHidden>
        <Table>
          <caption>{label}</caption>
          <thead>
            <tr>
              {table.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row) => (
              <tr key={String(row[0])}>
                {row.map((value, index) => (
                  <td key={table.columns[index]}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      </VisuallyHidden>
    </figure>
  );
}
