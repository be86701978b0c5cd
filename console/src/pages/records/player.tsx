import { ActionIcon, Button, Group, SegmentedControl, Text, useComputedColorScheme } from "@mantine/core";
import { IconDownload, IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { ApiProblem, problemOf } from "../../api/problem.ts";
import { Asked } from "../../kit/empty.tsx";
import { spanText } from "../../kit/time.tsx";
import { defineStrings, localeOf, useLanguage } from "../../shell/i18n.ts";
import { longestDrawnMs, peaksOf, voicesOf } from "./peaks.ts";
import type { Recording } from "./record-types.ts";
import classes from "./records.module.css";

const useText = defineStrings("player", {
  en: {
    play: "Play",
    pause: "Pause",
    position: "Position in the recording",
    at: "{{at}} of {{all}}",
    caller: "Caller, left",
    called: "Called, right",
    speed: "Speed",
    wav: "WAV",
    opus: "Opus",
    gap: "at {{at}} for {{span}}, {{side}}: {{why}}",
    both: "both voices",
    side_caller: "the caller's voice",
    side_called: "the called one's voice",
    failover: "the service address moved",
    restarted: "the relay was restarted",
    loss: "packets were lost",
    missing: "nothing was captured",
    tooLong: "Longer than two hours: the voices are not drawn.",
    notDecoded: "This browser can not play this file. It can be downloaded.",
  },
  de: {
    play: "Abspielen",
    pause: "Anhalten",
    position: "Stelle in der Aufnahme",
    at: "{{at}} von {{all}}",
    caller: "Anrufer, links",
    called: "Angerufener, rechts",
    speed: "Tempo",
    wav: "WAV",
    opus: "Opus",
    gap: "bei {{at}} für {{span}}, {{side}}: {{why}}",
    both: "beide Stimmen",
    side_caller: "die Stimme des Anrufers",
    side_called: "die Stimme des Angerufenen",
    failover: "die Dienstadresse zog um",
    restarted: "das Relais wurde neu gestartet",
    loss: "Pakete gingen verloren",
    missing: "nichts wurde mitgeschnitten",
    tooLong: "Länger als zwei Stunden: Die Stimmen werden nicht gezeichnet.",
    notDecoded: "Dieser Browser kann die Datei nicht abspielen. Sie lässt sich herunterladen.",
  },
});

const audioPath = (id: string, format: "wav" | "opus"): string =>
  `/v1/recordings/${id}/audio?format=${format}`;

async function fetchAudio(id: string, signal: AbortSignal): Promise<ArrayBuffer> {
  const response = await fetch(audioPath(id, "opus"), { signal, credentials: "same-origin" }).catch(
    (fault: unknown) => {
      if (signal.aborted) throw fault;
      throw new ApiProblem(0, "no-answer", String(fault));
    },
  );
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => undefined));
  return response.arrayBuffer();
}

/** A recording: both voices drawn, what is missing marked, played from where one points. */
export function Player({ recording }: { recording: Recording }) {
  const t = useText();
  const { id } = recording;
  const file = useQuery({
    queryKey: ["recording-audio", id],
    queryFn: ({ signal }) => fetchAudio(id, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  return (
    <div className={classes.player}>
      <Asked query={file}>{(audio) => <Played recording={recording} audio={audio} />}</Asked>
      <Gaps recording={recording} />
      <Group gap="xs">
        {(["wav", "opus"] as const).map((format) => (
          <Button
            key={format}
            component="a"
            href={audioPath(id, format)}
            download={`${id}.${format}`}
            variant="default"
            size="xs"
            leftSection={<IconDownload size={14} aria-hidden />}
          >
            {t(format)}
          </Button>
        ))}
      </Group>
    </div>
  );
}

const whyKey = {
  failover: "failover",
  restarted: "restarted",
  loss: "loss",
  "capture-missing": "missing",
} as const;
const sideKey = { both: "both", caller: "side_caller", called: "side_called" } as const;

function Gaps({ recording: { gaps } }: { recording: Recording }) {
  const t = useText();
  const locale = localeOf(useLanguage());
  if (gaps.length === 0) return null;
  return (
    <div>
      {gaps.map((gap) => (
        <Text key={`${gap.side} ${gap.start_ms}`} size="sm">
          <span className={classes.gapSign} aria-hidden />{" "}
          {t("gap", {
            at: clock(gap.start_ms),
            span: spanText(gap.length_ms, locale),
            side: t(sideKey[gap.side]),
            why: t(whyKey[gap.why]),
          })}
        </Text>
      ))}
    </div>
  );
}

/** 75,000 ms: `1:15`. */
function clock(ms: number): string {
  const all = Math.floor(ms / 1000);
  return `${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")}`;
}

function Played({ recording, audio }: { recording: Recording; audio: ArrayBuffer }) {
  const t = useText();
  const sound = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [position, setPosition] = useState(0);
  const [length, setLength] = useState(recording.duration_ms ?? 0);
  const [speed, setSpeed] = useState("1");
  const [fault, setFault] = useState(false);
  const url = useMemo(() => URL.createObjectURL(new Blob([audio], { type: "audio/ogg" })), [audio]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);

  useEffect(() => {
    if (!playing) return;
    let frame = 0;
    const look = () => {
      if (sound.current) setPosition(sound.current.currentTime * 1000);
      frame = requestAnimationFrame(look);
    };
    look();
    return () => cancelAnimationFrame(frame);
  }, [playing]);

  const seek = (ms: number) => {
    const to = Math.min(Math.max(0, ms), length);
    if (sound.current) sound.current.currentTime = to / 1000;
    setPosition(to);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: a telephone call has none */}
      <audio
        ref={sound}
        src={url}
        preload="auto"
        onLoadedMetadata={({ currentTarget: { duration } }) => {
          if (Number.isFinite(duration)) setLength(duration * 1000);
        }}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setPlaying(false)}
        onError={() => setFault(true)}
      />
      {fault && <Text c="dimmed">{t("notDecoded")}</Text>}
      <Voices recording={recording} audio={audio} length={length} position={position} seek={seek} />
      <Group gap="md">
        <ActionIcon
          size={38}
          radius="xl"
          variant="filled"
          color="ink"
          disabled={fault}
          aria-label={playing ? t("pause") : t("play")}
          onClick={() => {
            if (playing) sound.current?.pause();
            else void sound.current?.play().catch(() => setFault(true));
          }}
        >
          {playing ? <IconPlayerPauseFilled size={18} /> : <IconPlayerPlayFilled size={18} />}
        </ActionIcon>
        <Text className="num" size="sm">
          {clock(position)} / {clock(length)}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={t("speed")}
          value={speed}
          data={["1", "1.5", "2"].map((value) => ({ value, label: `${value}×` }))}
          onChange={(value) => {
            setSpeed(value);
            if (sound.current) sound.current.playbackRate = Number(value);
          }}
        />
      </Group>
    </>
  );
}

interface VoicesProps {
  recording: Recording;
  audio: ArrayBuffer;
  length: number;
  position: number;
  seek: (ms: number) => void;
}

const stepMs = 5000;

/** Both voices, one above the other; a slider for who can not point. */
function Voices({ recording, audio, length, position, seek }: VoicesProps) {
  const t = useText();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const scheme = useComputedColorScheme("light");
  const tooLong = length > longestDrawnMs;
  const voices = useQuery({
    queryKey: ["recording-voices", recording.id],
    // A copy: decoding takes the buffer away.
    queryFn: () => voicesOf(audio.slice(0)),
    enabled: !tooLong,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
  });
  const peaks = useMemo(
    () => voices.data?.map((samples) => peaksOf(samples, Math.max(1, Math.floor(width / 3)))),
    [voices.data, width],
  );

  useEffect(() => {
    if (!canvas.current) return;
    const watch = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    watch.observe(canvas.current);
    return () => watch.disconnect();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read anew for another scheme
  useEffect(() => {
    if (canvas.current && width > 0)
      draw(canvas.current, { peaks: peaks ?? [], gaps: recording.gaps, length, position });
  }, [peaks, width, recording.gaps, length, position, scheme]);

  const point = ({ currentTarget, clientX }: PointerEvent<HTMLElement>) => {
    const box = currentTarget.getBoundingClientRect();
    seek(((clientX - box.left) / box.width) * length);
  };
  return (
    <div>
      <div
        className={classes.wave}
        role="slider"
        tabIndex={0}
        aria-label={t("position")}
        aria-valuemin={0}
        aria-valuemax={Math.round(length / 1000)}
        aria-valuenow={Math.round(position / 1000)}
        aria-valuetext={t("at", { at: clock(position), all: clock(length) })}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          point(event);
        }}
        onPointerMove={(event) => {
          if (event.buttons === 1) point(event);
        }}
        onKeyDown={(event) => {
          const steps: Record<string, number> = {
            ArrowLeft: position - stepMs,
            ArrowRight: position + stepMs,
            Home: 0,
            End: length,
          };
          const to = steps[event.key];
          if (to === undefined) return;
          event.preventDefault();
          seek(to);
        }}
      >
        <canvas ref={canvas} />
        <span className={classes.voice} style={{ top: 6 }}>
          {t("caller")}
        </span>
        <span className={classes.voice} style={{ bottom: 6 }}>
          {t("called")}
        </span>
      </div>
      {(tooLong || voices.isError) && (
        <Text size="sm" c="dimmed" mt={6}>
          {tooLong ? t("tooLong") : t("notDecoded")}
        </Text>
      )}
    </div>
  );
}

/** Each voice's name stands above or below it: so much it gives way, px. */
const nameRoom = 8;

interface Drawn {
  peaks: readonly Float32Array[];
  gaps: Recording["gaps"];
  length: number;
  position: number;
}

function draw(canvas: HTMLCanvasElement, { peaks, gaps, length, position }: Drawn): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const ratio = devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const half = height / 2;
  const xOf = (ms: number) => (length > 0 ? (ms / length) * width : 0);

  for (const { side, start_ms, length_ms } of gaps) {
    const [y, tall] = side === "both" ? [0, height] : side === "caller" ? [0, half] : [half, half];
    context.fillStyle = colour("--dt-warn-soft");
    context.fillRect(xOf(start_ms), y, Math.max(3, xOf(length_ms)), tall);
    context.fillStyle = colour("--dt-warn");
    context.fillRect(xOf(start_ms), y, 1.5, tall);
  }
  const played = xOf(position);
  for (const [voice, bars] of peaks.entries()) {
    const middle = voice === 0 ? half / 2 + nameRoom : height - half / 2 - nameRoom;
    for (const [at, peak] of bars.entries()) {
      const x = (at / bars.length) * width;
      // Speech is mostly quiet: the root shows it.
      const tall = Math.max(1.5, Math.sqrt(peak) * (half - 2 * nameRoom - 20));
      context.fillStyle = colour(x < played ? "--dt-accent-text" : "--mantine-color-dimmed");
      context.globalAlpha = x < played ? 1 : 0.55;
      context.fillRect(x, middle - tall / 2, 2, tall);
    }
  }
  context.globalAlpha = 1;
  context.fillStyle = colour("--dt-line");
  context.fillRect(0, half, width, 1);
  context.fillStyle = colour("--dt-accent-text");
  context.fillRect(Math.min(width - 2, played), 0, 2, height);
}
