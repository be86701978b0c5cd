import { spanText } from "../../kit/time.tsx";
import { defineStrings, localeOf, useLanguage } from "../../shell/i18n.ts";
import { type Band, type Ladder, ladderOf, type Message } from "./ladder.ts";
import type { CallEvent, CallRecord } from "./record-types.ts";
import classes from "./records.module.css";

const useText = defineStrings("ladder", {
  en: {
    label:
      "The call as messages in time: {{steps}} steps between {{lanes}}. The table of events says the same.",
    service: "Dialtone",
    move: "service address moved from {{from}} to {{to}}: silent for {{span}} at most",
    plan: "handed over by plan from {{from}} to {{to}}",
    pause: "{{span}} later",
  },
  de: {
    label:
      "Das Gespräch als Folge von Nachrichten: {{steps}} Schritte zwischen {{lanes}}. Die Tabelle der Ereignisse sagt dasselbe.",
    service: "Dialtone",
    move: "Dienstadresse von {{from}} nach {{to}}: höchstens {{span}} still",
    plan: "planmäßig übergeben von {{from}} an {{to}}",
    pause: "{{span}} später",
  },
});

const left = 78;
/** Between lanes: the fewer, the wider. */
const laneWidthOf = (lanes: number): number => Math.max(128, 260 - 28 * lanes);
const top = 58;
const stepHeight = 42;
const pauseHeight = 26;

const clipped = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;

/** 1,234 ms after the beginning: `+1.234`. */
const offsetText = (ms: number): string => `${ms < 0 ? "−" : "+"}${(Math.abs(ms) / 1000).toFixed(3)}`;

/** A SIP ladder: who said what to whom, and when, with the moves of the service address across it. */
export function LadderPicture({ record, events }: { record: CallRecord; events: readonly CallEvent[] }) {
  const t = useText();
  const locale = localeOf(useLanguage());
  const ladder = ladderOf(record, events);
  const lanes = ladder.lanes.map((lane, index) =>
    index === 1 ? { name: t("service"), place: lane.name } : lane,
  );
  const rows = rowsOf(ladder);
  const laneWidth = laneWidthOf(lanes.length);
  const width = left + laneWidth * (lanes.length - 1) + 100;
  const height = top + rows.height + 12;
  const x = (lane: number): number => left + 40 + lane * laneWidth;
  return (
    <section
      className={classes.scroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard
      tabIndex={0}
      aria-label={t("label", { steps: rows.placed.length, lanes: lanes.map(({ name }) => name).join(", ") })}
    >
      <svg
        className={classes.ladder}
        viewBox={`0 0 ${width} ${height}`}
        style={{ minWidth: Math.min(width, 160 + 88 * lanes.length), maxWidth: width * 1.1 }}
        aria-hidden="true"
      >
        {lanes.map(({ name, place }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lanes have places, not names of their own
          <g key={index}>
            <text x={x(index)} y={16} textAnchor="middle" className={classes.laneName}>
              {clipped(name, 22)}
            </text>
            <text x={x(index)} y={33} textAnchor="middle" className={classes.dim}>
              {clipped(place, 26)}
            </text>
            <line x1={x(index)} x2={x(index)} y1={44} y2={height} className={classes.lane} />
          </g>
        ))}
        {rows.placed.map(({ step, y }) => (
          <g key={step.key}>
            {step.pauseMs > 0 && (
              <text
                x={left - 6}
                y={y - stepHeight + 22}
                textAnchor="end"
                className={classes.dim}
                opacity={0.85}
              >
                ⋮ {spanText(step.pauseMs, locale)}
              </text>
            )}
            <text x={left - 6} y={y + 4} textAnchor="end" className={classes.dim}>
              {offsetText(step.at)}
            </text>
            {step.kind === "message" ? (
              <Arrow step={step} x={x} y={y} />
            ) : (
              <Moved
                y={y}
                x={left + 4}
                width={width - left - 8}
                text={t(step.byPlan ? "plan" : "move", {
                  from: step.from,
                  to: step.to,
                  span: spanText(step.gapMs, locale),
                })}
              />
            )}
          </g>
        ))}
      </svg>
    </section>
  );
}

/** Where each step is drawn: one below the other, with room where time went by. Pure. */
function rowsOf({ steps }: Ladder): { placed: { step: Message | Band; y: number }[]; height: number } {
  let y = 0;
  const placed = steps.map((step) => {
    y += stepHeight + (step.pauseMs > 0 ? pauseHeight : 0);
    return { step, y: top + y - 18 };
  });
  return { placed, height: y };
}

function Arrow({ step, x, y }: { step: Message; x: (lane: number) => number; y: number }) {
  const [from, to] = [x(step.from), x(step.to)];
  const loops = from === to;
  const end = loops ? from + 34 : to;
  const forward = end >= from;
  const tip = loops ? from + 2 : end - (forward ? 2 : -2);
  const head = (at: number, right: boolean) => {
    const back = right ? -8 : 8;
    return `M ${at} ${y} l ${back} -4.5 l 0 9 z`;
  };
  const words = clipped([step.text, step.note].filter(Boolean).join(" · "), 44);
  return (
    <g className={classes[step.tone]}>
      {loops ? (
        <path d={`M ${from} ${y - 12} h 34 v 12 h -32`} className={classes.arrowLine} />
      ) : (
        <path d={`M ${from} ${y} H ${to}`} className={classes.arrowLine} />
      )}
      <path d={head(tip, loops ? false : forward)} className={classes.head} />
      {step.both && <path d={head(from + (forward ? 2 : -2), !forward)} className={classes.head} />}
      <text
        x={loops ? from + 42 : forward ? from + 12 : from - 12}
        y={loops ? y - 2 : y - 7}
        textAnchor={loops || forward ? "start" : "end"}
        className={classes.tone}
      >
        {words}
      </text>
    </g>
  );
}

function Moved({ x, y, width, text }: { x: number; y: number; width: number; text: string }) {
  return (
    <>
      <rect x={x} y={y - 13} width={width} height={26} rx={6} className={classes.band} />
      <text x={x + width / 2} y={y + 4} textAnchor="middle" className={classes.bandText}>
        {clipped(text, Math.floor(width / 6.4))}
      </text>
    </>
  );
}
