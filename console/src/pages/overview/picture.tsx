import { Tooltip } from "@mantine/core";
import { IconEye, IconPhone, IconRoute, IconServer2 } from "@tabler/icons-react";
import type { Cluster, ClusterHost } from "../../api/cluster.ts";
import { LightBadge, type LightState } from "../../kit/light.tsx";
import { Moment } from "../../kit/time.tsx";
import classes from "./overview.module.css";
import { useText } from "./strings.ts";

const icons = { node: IconServer2, witness: IconEye } as const;

const standing = {
  holder: ["holder", "good"],
  standby: ["standby", "good"],
  unfit: ["unfit", "bad"],
  "out-of-service": ["outOfService", "idle"],
  votes: ["votes", "good"],
  "passes-on": ["passesOn", "good"],
  silent: ["silent", "bad"],
} as const satisfies Record<ClusterHost["stands"], readonly [string, LightState]>;

/** How a host's badge looks: where it stands, or worse when it is not well. Pure. */
export function lightOf({ stands, health, heard }: ClusterHost): LightState {
  if (!heard) return "bad";
  const [, usual] = standing[stands];
  if (usual !== "good") return usual;
  return health === "red" ? "bad" : health === "amber" ? "warn" : "good";
}

function Parts({ host }: { host: ClusterHost }) {
  const t = useText();
  const bad = host.parts.filter(({ ok }) => !ok);
  return (
    <>
      <ul className={classes.parts} aria-label={t("parts")}>
        {host.parts.map(({ name, ok, phase, detail, restarts }) => {
          const said = ok ? t("partOk") : detail || phase;
          const more = restarts > 0 ? `, ${t("partRestarts", { count: restarts })}` : "";
          const state = !host.heard ? "idle" : ok ? "good" : phase === "resting" ? "idle" : "bad";
          return (
            <Tooltip key={name} label={`${name}: ${said}${more}`} multiline maw={280}>
              <li className={classes.part} data-state={state}>
                {name}
                <span className={classes.forEar}>: {said}</span>
              </li>
            </Tooltip>
          );
        })}
      </ul>
      {bad.length > 0 && host.heard && (
        <p className={classes.partNote}>
          {bad.map(({ name, detail, phase }) => `${name}: ${detail || phase}`).join("; ")}
        </p>
      )}
    </>
  );
}

function HostCard({ host, holds }: { host: ClusterHost; holds: boolean }) {
  const t = useText();
  const Sign = host.role === "node" ? icons.node : host.role === "witness" ? icons.witness : IconRoute;
  const role = host.role === "node" ? t("node") : host.role === "witness" ? t("witness") : t("edge");
  const [word] = standing[host.stands];
  return (
    <article
      className={classes.host}
      data-holds={holds || undefined}
      data-heard={host.heard}
      aria-label={`${role} ${host.name}`}
    >
      <div className={classes.hostHead}>
        <Sign size={19} stroke={1.6} aria-hidden />
        <div>
          <h3 className={classes.hostName}>{host.name}</h3>
          <p className={classes.hostRole}>
            {role} · {host.address}
          </p>
        </div>
        <LightBadge state={lightOf(host)}>{t(word)}</LightBadge>
      </div>
      {!host.heard && host.heard_at !== null && (
        <p className={classes.partNote}>
          {t("heardAgo")} <Moment at={host.heard_at} as="ago" />
        </p>
      )}
      {host.out_of_service && (
        <p className={classes.partNote}>
          {host.out_of_service.by}: {host.out_of_service.why}
        </p>
      )}
      <Parts host={host} />
    </article>
  );
}

/** The cluster as a picture: callers, the service address, who has it, who would take it. */
export function Picture({ cluster: { address, hosts } }: { cluster: Cluster }) {
  const t = useText();
  const nodes = hosts.filter(({ role }) => role === "node");
  const others = hosts.filter(({ role }) => role !== "node");
  const at = (index: number) => ((index + 0.5) / Math.max(1, nodes.length)) * 100;
  return (
    <div className={classes.picture}>
      <div className={classes.callers}>
        <IconPhone size={16} stroke={1.7} aria-hidden /> {t("callers")}
      </div>
      <span className={classes.stem} aria-hidden />
      <div className={classes.address} data-held={address.holder !== null || undefined}>
        <span className={classes.addressLabel}>{t("address")}</span>
        <span className={classes.addressValue}>{address.service.join(" · ")}</span>
        {address.holder === null && <span className={classes.addressNote}>{t("nobody")}</span>}
        {address.handover_to !== null && (
          <span className={classes.addressNote}>{t("handover", { node: address.handover_to })}</span>
        )}
      </div>
      <svg className={classes.lines} viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
        {nodes.map((host, index) => (
          <path
            key={host.name}
            d={`M50 0 V14 Q50 20 ${50 + Math.sign(at(index) - 50) * 2} 20 H${at(index) - Math.sign(at(index) - 50) * 2} Q${at(index)} 20 ${at(index)} 26 V40`}
            className={host.name === address.holder ? classes.lineHeld : classes.line}
            vectorEffect="non-scaling-stroke"
          />
        ))}
      </svg>
      <div className={classes.hosts} style={{ "--nodes": nodes.length } as React.CSSProperties}>
        {nodes.map((host) => (
          <HostCard key={host.name} host={host} holds={host.name === address.holder} />
        ))}
      </div>
      {others.length > 0 && (
        <div className={classes.others} style={{ "--nodes": others.length } as React.CSSProperties}>
          {others.map((host) => (
            <HostCard key={host.name} host={host} holds={false} />
          ))}
        </div>
      )}
    </div>
  );
}
