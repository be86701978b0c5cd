import { Anchor } from "@mantine/core";
import {
  IconAlertTriangleFilled,
  IconCircleCheck,
  IconCircleXFilled,
  IconInfoCircle,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Cluster, ClusterProblem } from "../../api/cluster.ts";
import { useSession } from "../../api/session.tsx";
import { Empty } from "../../kit/empty.tsx";
import { Moment } from "../../kit/time.tsx";
import { pages } from "../../pages.ts";
import { useLanguage } from "../../shell/i18n.ts";
import { wordsOf } from "./cluster-words.ts";
import classes from "./overview.module.css";
import { useText } from "./strings.ts";

const signs = {
  down: [IconCircleXFilled, "bad"],
  risk: [IconAlertTriangleFilled, "warn"],
  note: [IconInfoCircle, "idle"],
} as const;

/** Where the console itself does what is advised, by code (src/explain/). */
const placeOf: Readonly<Record<string, string>> = {
  drained: "maintenance",
  "not-drilled": "drills",
  "drill-failed": "drills",
  carrier: "carriers",
  unregistered: "carriers",
  certificate: "certificates",
  "certificate-ends": "certificates",
  "certificate-over": "certificates",
};

function Place({ code }: { code: string }) {
  const language = useLanguage();
  const { may } = useSession();
  const page = pages.find(({ path }) => path === placeOf[code]);
  if (!page || !may(page.role)) return null;
  return (
    <div>
      <Anchor component={Link} to={`/${page.path}`} size="sm">
        {page.title[language]}
      </Anchor>
    </div>
  );
}

function Finding({
  code,
  severity,
  title,
  exactly,
  since,
  callers,
  advice,
}: {
  code: string;
  severity: keyof typeof signs;
  title: string;
  /** As the cluster itself said it, where `title` is in other words. */
  exactly?: string | undefined;
  since: string | null;
  callers: string;
  advice: string;
}) {
  const t = useText();
  const [Sign, state] = signs[severity];
  return (
    <li className={classes.finding}>
      <span className={classes.findingSign} data-state={state}>
        <Sign size={18} aria-hidden />
      </span>
      <div>
        <p className={classes.findingTitle}>
          {title}
          {since !== null && (
            <span className={classes.dimmed}>
              {" "}
              · <Moment at={since} as="ago" />
            </span>
          )}
        </p>
        {exactly !== undefined && (
          <p className={classes.exactly} lang="en">
            {exactly}
          </p>
        )}
        <dl className={classes.findingFacts}>
          {callers !== "" && (
            <div>
              <dt>{t("callersNotice")}</dt>
              <dd>{callers}</dd>
            </div>
          )}
          {advice !== "" && (
            <div>
              <dt>{t("advice")}</dt>
              <dd>
                {advice}
                <Place code={code} />
              </dd>
            </div>
          )}
        </dl>
      </div>
    </li>
  );
}

/** What is wrong, what callers notice, what to do. */
export function Problems({ problems }: { problems: readonly ClusterProblem[] }) {
  const t = useText();
  const german = useLanguage() === "de";
  if (problems.length === 0)
    return (
      <Empty icon={IconCircleCheck} title={t("nothing")}>
        {t("nothingWhat")}
      </Empty>
    );
  return (
    <ul className={classes.findings}>
      {problems.map(({ host, code, severity, what, ...rest }) => {
        const words = german ? wordsOf({ code, severity }) : undefined;
        const said = words?.what ?? what;
        return (
          <Finding
            key={`${host} ${code} ${what}`}
            code={code}
            severity={severity}
            title={words && host === "nobody" ? words.what : host === "" ? said : `${host}: ${said}`}
            exactly={words && (host === "nobody" ? `${host} ${what}` : what)}
            {...rest}
            {...(words && { callers: words.callers, advice: words.advice })}
          />
        );
      })}
    </ul>
  );
}

/** Why it is not safe to lose a node. */
export function Reasons({ reasons }: { reasons: Cluster["light"]["reasons"] }) {
  const german = useLanguage() === "de";
  return (
    <ul className={classes.findings}>
      {reasons.map(({ code, text, ...rest }) => {
        const words = german ? wordsOf({ code, severity: "risk" }) : undefined;
        return (
          <Finding
            key={`${code} ${text}`}
            code={code}
            severity="risk"
            title={words?.what ?? text}
            exactly={words && text}
            {...rest}
            {...(words && { callers: words.callers, advice: words.advice })}
          />
        );
      })}
    </ul>
  );
}
