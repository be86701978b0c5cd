import { type CallEvent, type CallRecord, hostOf, party } from "./record-types.ts";

/** A call as a ladder of messages between those who took part, from its events. Pure. */

export interface Lane {
  name: string;
  /** Under the name: where it is. */
  place: string;
}

interface Step {
  /** ms after the call began. */
  at: number;
  /** Within the pause before this step nothing was seen for so long; 0: no pause worth a word. */
  pauseMs: number;
  key: string;
}

export interface Message extends Step {
  kind: "message";
  from: number;
  to: number;
  /** Either side can have sent it. */
  both: boolean;
  text: string;
  note: string;
  tone: "ask" | "good" | "bad" | "quiet";
}

/** Something that met the whole call. */
export interface Band extends Step {
  kind: "band";
  from: string;
  to: string;
  byPlan: boolean;
  gapMs: number;
}

export interface Ladder {
  lanes: Lane[];
  steps: (Message | Band)[];
}

/** Lanes: who called, the service, and each target. */
const caller = 0;
const service = 1;

/** Shorter silences are not worth a word. */
const longPauseMs = 3000;

type Draft = Omit<Message, "pauseMs" | "at" | "key">;

const message = (from: number, to: number, text: string, tone: Message["tone"], note = ""): Draft => ({
  kind: "message",
  from,
  to,
  both: false,
  text,
  note,
  tone,
});

const codeText = ({ code, reason }: CallEvent): string => `${code} ${reason}`.trim();

function messagesOf(event: CallEvent, lane: number): Draft[] {
  const carrier = event.carrier ?? "";
  switch (event.kind) {
    case "start":
      return event.pass === undefined
        ? [message(caller, service, `INVITE ${party(event.to)}`, "ask")]
        : [message(service, service, `INVITE ${party(event.to)}`, "ask", `${event.pass}.`)];
    case "ring":
      return [message(lane, caller, codeText(event) || "180 Ringing", "quiet")];
    case "attempt":
      return [message(lane, service, codeText(event), "bad", carrier)];
    case "answer":
      return [message(lane, caller, codeText(event), "good", carrier)];
    case "confirm":
      return [message(caller, lane, "ACK", "quiet", event.node)];
    case "fail":
      return event.pass === undefined ? [message(service, caller, codeText(event), "bad")] : [];
    case "refer":
      return [{ ...message(caller, lane, `REFER ${party(event.target)}`, "ask"), both: true }];
    case "end":
      return [
        {
          ...message(
            caller,
            lane,
            event.code === 481 ? "BYE, 481" : "BYE",
            event.code === 481 ? "bad" : "quiet",
          ),
          both: true,
        },
      ];
    default:
      return [];
  }
}

/** @param events of the record, in any order */
export function ladderOf(record: CallRecord, events: readonly CallEvent[]): Ladder {
  const lanes: Lane[] = [
    { name: party(record.from) || record.source, place: record.source },
    { name: record.nodes.join(", "), place: "" },
  ];
  const laneOf = new Map<string, number>();
  const ordered = events.toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time));
  const called =
    ordered.find(({ kind, target }) => kind === "answer" && target !== "")?.target ?? record.target;
  const laneAt = (target: string): number => {
    const key = target || called;
    if (key === "") return service;
    const known = laneOf.get(key);
    if (known !== undefined) return known;
    lanes.push({ name: party(key), place: hostOf(key) });
    laneOf.set(key, lanes.length - 1);
    return lanes.length - 1;
  };

  const start = Date.parse(record.started_at);
  const steps: (Message | Band)[] = ordered.flatMap((event) => {
    const dialog = event.kind === "end" || event.kind === "refer" || event.kind === "confirm";
    const lane =
      event.kind === "start" || event.kind === "fail" ? service : laneAt(dialog ? called : event.target);
    return messagesOf(event, lane).map((draft) => ({
      ...draft,
      at: Date.parse(event.time) - start,
      pauseMs: 0,
      key: `${event.id} ${draft.from}`,
    }));
  });
  for (const { at, from, to, by_plan, gap_ms } of record.interruptions)
    steps.push({
      kind: "band",
      at: Date.parse(at) - start,
      pauseMs: 0,
      key: `move ${at}`,
      from,
      to,
      byPlan: by_plan,
      gapMs: gap_ms,
    });
  steps.sort((one, other) => one.at - other.at);
  for (const [index, step] of steps.entries()) {
    const pause = step.at - (steps[index - 1]?.at ?? step.at);
    step.pauseMs = pause >= longPauseMs ? pause : 0;
  }
  return { lanes, steps };
}
