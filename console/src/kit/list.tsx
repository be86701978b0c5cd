import { Button, Group, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconArrowUp, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { type ColumnDef, tableFeatures, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type ReactNode,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { connection } from "../api/live.ts";
import { defineStrings, localeOf, useLanguage } from "../shell/i18n.ts";
import { justBefore } from "../shell/search.tsx";
import { Fault, Loading } from "./empty.tsx";
import classes from "./list.module.css";
import { type LoadPage, PagedRows } from "./paged-rows.ts";

const useText = defineStrings("list", {
  en: {
    from: "Begins with",
    rows_one: "{{shown}} row",
    rows_other: "{{shown}} rows",
    more: "{{shown}} and more",
    none: "Nothing begins with “{{text}}”",
    all: "Show all",
    fresh: "Show what is new",
    actions: "Actions",
  },
  de: {
    from: "Beginnt mit",
    rows_one: "{{shown}} Zeile",
    rows_other: "{{shown}} Zeilen",
    more: "{{shown}} und mehr",
    none: "Nichts beginnt mit „{{text}}“",
    all: "Alle zeigen",
    fresh: "Neues zeigen",
    actions: "Aktionen",
  },
});

/** One column. */
export interface Column<T> {
  id: string;
  /** "": what can be done with a row; only who does not see it is told so. */
  label: string;
  cell: (row: T) => ReactNode;
  /** As in `grid-template-columns`; default `minmax(0, 1fr)`. */
  width?: string;
  /** To the right, figures of the same width. */
  numeric?: boolean;
  /** Not where there is little room. */
  wide?: boolean;
}

const features = tableFeatures({});
const rowPx = 44;
/** Browsers take no element that is much higher: a longer list is shown in windows of so many rows. */
const windowRows = 400_000;

/**
 * A list of any length, told page by page by its key (paged-rows.ts): TanStack Table's columns, and only the rows that are
 * in view as elements.
 * @param name a change of it begins anew: put filters into it @param load one page
 * @param search shows a field that jumps to the rows whose key begins with what is typed
 * @param to where a row leads; the first column is the link
 * @param changed another value: there is something new. At the top of the list it is shown at once; further down nothing jumps,
 * and a button leads to it
 * @param everyMs what is here is asked for anew so often, wherever one is: where rows change, but seldom their order
 * @param empty shown when there is nothing at all (kit/empty.tsx)
 */
export function EntityList<T extends object>({
  name,
  load,
  columns,
  rowKey,
  to,
  search = true,
  label,
  empty,
  filters,
  height = "calc(100dvh - 250px)",
  changed,
  everyMs,
  pageSize = 500,
}: {
  name: string;
  load: LoadPage<T>;
  columns: readonly Column<T>[];
  rowKey: (row: T) => string;
  to?: (row: T) => string;
  search?: boolean;
  /** What is listed, for who does not see it. */
  label: string;
  empty: ReactNode;
  filters?: ReactNode;
  height?: string;
  changed?: string | number;
  everyMs?: number;
  pageSize?: number;
}) {
  const t = useText();
  const locale = localeOf(useLanguage());
  const [text, setText] = useState("");
  const [from] = useDebouncedValue(text.trim(), 200);
  const newest = useRef(load);
  newest.current = load;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `name` stands for what is listed
  const rows = useMemo(
    () => new PagedRows<T>((...all) => newest.current(...all), { from: justBefore(from), pageSize }),
    [name, from],
  );
  const box = useRef<HTMLElement>(null);
  const [fresh, setFresh] = useState(false);
  const seen = useRef(changed);
  useEffect(() => {
    if (seen.current === changed) return;
    seen.current = changed;
    if ((box.current?.scrollTop ?? 0) < rowPx) void rows.refresh();
    else setFresh(true);
  }, [changed, rows]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list knows of nothing newer
  useEffect(() => setFresh(false), [rows]);
  useEffect(() => {
    const stop = connection.onChange((change) => {
      if (change === "other") void rows.refresh();
    });
    return () => {
      stop();
      rows.close();
    };
  }, [rows]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void rows.refresh();
    }, everyMs);
    return () => clearInterval(timer);
  }, [rows, everyMs]);
  const state = useSyncExternalStore(rows.subscribe, () => rows.state);
  const nothing = !state.first && state.count === 0 && !state.more;
  if (nothing && from === "" && text === "") return empty;

  const shown = state.count.toLocaleString(locale);
  return (
    <div className={classes.list}>
      <Group className={classes.bar} justify="space-between" gap="sm">
        <Group gap="xs">
          {search && (
            <TextInput
              className={classes.find}
              leftSection={<IconSearch size={15} stroke={1.8} aria-hidden />}
              placeholder={t("from")}
              aria-label={t("from")}
              value={text}
              onChange={({ currentTarget }) => setText(currentTarget.value)}
            />
          )}
          {filters}
        </Group>
        {fresh && (
          <Button
            variant="light"
            size="compact-sm"
            leftSection={<IconArrowUp size={14} aria-hidden />}
            onClick={() => {
              setFresh(false);
              box.current?.scrollTo({ top: 0 });
              void rows.refresh();
            }}
          >
            {t("fresh")}
          </Button>
        )}
        <Text size="sm" c="dimmed" className="num" role="status">
          {state.first ? "" : state.more ? t("more", { shown }) : t("rows", { shown, count: state.count })}
        </Text>
      </Group>
      {state.fault !== undefined && state.first && (
        <div className={classes.fault}>
          <Fault error={state.fault} again={() => rows.need(0, 50)} />
        </div>
      )}
      {nothing ? (
        <Group p="xl" justify="center">
          <Text c="dimmed">{t("none", { text: from })}</Text>
          <Button variant="default" size="xs" onClick={() => setText("")}>
            {t("all")}
          </Button>
        </Group>
      ) : (
        <Rows
          key={`${name} ${from}`}
          rows={rows}
          count={state.count}
          more={state.more}
          columns={columns}
          rowKey={rowKey}
          to={to}
          label={label}
          height={height}
          box={box}
        />
      )}
      {state.first && state.fault === undefined && <Loading />}
    </div>
  );
}

function Rows<T extends object>({
  rows,
  count,
  more,
  columns,
  rowKey,
  to,
  label,
  height,
  box,
}: {
  rows: PagedRows<T>;
  count: number;
  more: boolean;
  columns: readonly Column<T>[];
  rowKey: (row: T) => string;
  to: ((row: T) => string) | undefined;
  label: string;
  height: string;
  box: RefObject<HTMLElement | null>;
}) {
  const t = useText();
  const navigate = useNavigate();
  const [base, setBase] = useState(0);
  const inWindow = Math.min(windowRows, count - base);
  const virtual = useVirtualizer({
    count: inWindow,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const first = base + (items[0]?.index ?? 0);
  const last = base + (items.at(-1)?.index ?? 0);
  useEffect(() => rows.need(first, last + 1), [rows, first, last]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the box is an element, which comes once
  useEffect(() => {
    const half = windowRows / 2;
    const shift =
      last - base > windowRows - 1000 && count > base + windowRows
        ? half
        : first - base < 1000 && base > 0
          ? -half
          : 0;
    if (shift === 0 || !box.current) return;
    setBase(base + shift);
    box.current.scrollTop -= shift * rowPx;
  }, [first, last, base, count]);

  const defs = useMemo(
    (): ColumnDef<typeof features, T>[] =>
      columns.map(({ id, label: header, cell }) => ({
        id,
        header,
        cell: ({ row }) => cell(row.original),
      })),
    [columns],
  );
  // Of a million rows the table is given those that are in view.
  const known = items.flatMap(({ index, start }) => {
    const row = rows.row(base + index);
    return row === undefined ? [] : [{ row, start, at: base + index }];
  });
  const table = useTable({ features, columns: defs, data: known.map(({ row }) => row) });
  const template = columns.map(({ width }) => width ?? "minmax(0, 1fr)").join(" ");
  const narrow = columns
    .filter(({ wide }) => !wide)
    .map(({ width }) => width ?? "minmax(0, 1fr)")
    .join(" ");
  const look = new Map(columns.map((column) => [column.id, column]));

  return (
    <section
      ref={box}
      aria-label={label}
      className={classes.scroll}
      style={{ maxHeight: height }}
      tabIndex={0}
    >
      <div
        role="table"
        aria-label={label}
        aria-rowcount={more ? -1 : count + 1}
        className={classes.table}
        style={{ "--columns": template, "--narrow": narrow } as React.CSSProperties}
      >
        <div role="rowgroup" className={classes.head}>
          {table.getHeaderGroups().map((group) => (
            <div key={group.id} role="row" className={classes.row} aria-rowindex={1}>
              {group.headers.map((header) => (
                <div
                  key={header.id}
                  role="columnheader"
                  className={classes.cell}
                  data-numeric={look.get(header.column.id)?.numeric || undefined}
                  data-wide={look.get(header.column.id)?.wide || undefined}
                >
                  {look.get(header.column.id)?.label === "" ? (
                    <VisuallyHidden>{t("actions")}</VisuallyHidden>
                  ) : (
                    <table.FlexRender header={header} />
                  )}
                </div>
              ))}
            </div>
          ))}
        </div>
        <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
          {table.getRowModel().rows.map((row, index) => {
            const { start, at } = known[index] ?? { start: 0, at: 0 };
            const path = to?.(row.original);
            return (
              <div
                key={rowKey(row.original)}
                role="row"
                aria-rowindex={at + 2}
                className={classes.row}
                data-leads={path !== undefined || undefined}
                style={{ transform: `translateY(${start}px)` }}
                onClick={(event) => {
                  if (path === undefined || (event.target as Element).closest("a, button, input")) return;
                  void navigate({ to: path });
                }}
              >
                {row.getAllCells().map((cell) => (
                  <div
                    key={cell.id}
                    role="cell"
                    className={classes.cell}
                    data-numeric={look.get(cell.column.id)?.numeric || undefined}
                    data-wide={look.get(cell.column.id)?.wide || undefined}
                  >
                    <table.FlexRender cell={cell} />
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}
