import { Anchor, Text, Title, VisuallyHidden } from "@mantine/core";
import { IconShieldCheck, IconShieldExclamation, IconShieldX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type Cluster, useCluster } from "../../api/cluster.ts";
import { Asked } from "../../kit/empty.tsx";
import { Figure, Section } from "../../kit/page.tsx";
import { Moment, Num } from "../../kit/time.tsx";
import { useLanguage } from "../../shell/i18n.ts";
import { Missing } from "../begin/missing.tsx";
import { Alarms, alarmsOf } from "./alarms.tsx";
import { headlineInGerman } from "./cluster-words.ts";
import classes from "./overview.module.css";
import { Picture } from "./picture.tsx";
import { Problems, Reasons } from "./problems.tsx";
import { useText } from "./strings.ts";

const signs = { ok: IconShieldCheck, risk: IconShieldExclamation, down: IconShieldX } as const;

/** How it is, in one glance: do calls get through, and may a node fail? */
function Verdict({ cluster }: { cluster: Cluster }) {
  const t = useText();
  const { state, light, asked } = cluster;
  const headline = useLanguage() === "de" ? headlineInGerman(cluster) : cluster.headline;
  const Sign = signs[state];
  const safety = light.colour === "green" ? t("safe") : light.colour === "red" ? t("safeNot") : t("safePart");
  return (
    <header className={classes.verdict} data-state={state}>
      <span className={classes.sign}>
        <Sign size={30} stroke={1.5} aria-hidden />
      </span>
      <div className={classes.verdictText}>
        <VisuallyHidden>
          <h1>{t("title")}</h1>
        </VisuallyHidden>
        <div role="status">
          <Title order={2} className={classes.headline}>
            {headline}
          </Title>
        </div>
        <Text c="dimmed" mt={2}>
          {safety}
        </Text>
      </div>
      <Text size="sm" c="dimmed" className={classes.teller}>
        {t("answeredBy", { node: asked })}
      </Text>
    </header>
  );
}

function Figures({ cluster: { load, drills } }: { cluster: Cluster }) {
  const t = useText();
  const [last] = [...drills].sort((one, other) => other.finished_at.localeCompare(one.finished_at));
  return (
    <div className={classes.figures}>
      <Figure
        label={t("calls")}
        value={load.conversations === null ? "–" : <Num value={load.conversations} />}
        note={
          <Anchor component={Link} to="/calls" size="sm">
            {t("callsLink")}
          </Anchor>
        }
      />
      <Figure label={t("phones")} value={load.contacts === null ? "–" : <Num value={load.contacts} />} />
      <Figure
        label={t("refused")}
        value={<Num value={load.refused_per_second} digits={1} />}
        note={load.refused_total === 0 ? t("refusedNone") : t("refusedTotal", { count: load.refused_total })}
      />
      <Figure
        label={t("drill")}
        value={last ? t(last.passed ? "drillPassed" : "drillFailed") : t("drillNone")}
        note={
          last ? (
            <>
              {last.kind}, <Moment at={last.finished_at} as="ago" />
            </>
          ) : (
            t("drillNoneWhat")
          )
        }
      />
    </div>
  );
}

/** /console/: the cluster as a picture, what is wrong with it, and what to do. */
export default function Overview() {
  const t = useText();
  const query = useCluster();
  return (
    <Asked query={query}>
      {(cluster) => {
        const alarms = alarmsOf(cluster);
        return (
          <>
            <Verdict cluster={cluster} />
            <Figures cluster={cluster} />
            <Missing />
            <div className={classes.columns}>
              <Section title={t("cluster")} lead={t("clusterLead")}>
                <Picture cluster={cluster} />
              </Section>
              <div>
                {alarms.length > 0 && (
                  <Section title={t("alarms")}>
                    <Alarms alarms={alarms} />
                  </Section>
                )}
                <Section title={t("todo")} {...(cluster.problems.length > 1 && { lead: t("todoLead") })}>
                  <Problems problems={cluster.problems} />
                </Section>
                {cluster.light.reasons.length > 0 && (
                  <Section title={t("safety")}>
                    <Reasons reasons={cluster.light.reasons} />
                  </Section>
                )}
              </div>
            </div>
          </>
        );
      }}
    </Asked>
  );
}
