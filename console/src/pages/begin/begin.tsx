import { IconCheck } from "@tabler/icons-react";
import { Link, Navigate, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useSession } from "../../api/session.tsx";
import { Asked, Loading } from "../../kit/empty.tsx";
import { PageHeader } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "./begin.module.css";
import { CarrierStep } from "./carrier.tsx";
import { NumbersStep } from "./numbers.tsx";
import { PeopleStep } from "./people.tsx";
import { doneOf, type Made, type Step, steps, useMade } from "./progress.ts";
import { SiteStep } from "./site.tsx";

const useText = defineStrings("begin", {
  en: {
    title: "First steps",
    lead: "From nothing to a call. Each step can be skipped, and done later; this page stays in the search.",
    steps: "Steps",
    site: "Place",
    numbers: "Numbers",
    people: "People",
    carrier: "Carrier",
    call: "Call",
    done: "done",
  },
  de: {
    title: "Erste Schritte",
    lead: "Von nichts zu einem Gespräch. Jeder Schritt lässt sich überspringen und später tun; diese Seite bleibt in der Suche.",
    steps: "Schritte",
    site: "Ort",
    numbers: "Nummern",
    people: "Leute",
    carrier: "Carrier",
    call: "Anrufen",
    done: "erledigt",
  },
});

/** The telephone is loaded when it is needed. */
const CallStep = lazy(() => import("./call.tsx"));
const shown = {
  site: SiteStep,
  numbers: NumbersStep,
  people: PeopleStep,
  carrier: CarrierStep,
  call: CallStep,
};

function Steps({ at, done }: { at: Step; done: Record<Step, boolean> }) {
  const t = useText();
  return (
    <nav aria-label={t("steps")}>
      <ol className={classes.steps}>
        {steps.map((step, index) => (
          <li key={step}>
            <Link
              to="/begin/$step"
              params={{ step }}
              className={classes.step}
              aria-current={step === at ? "step" : undefined}
            >
              <span className={classes.sign} data-done={done[step] || undefined}>
                {done[step] ? <IconCheck size={14} stroke={2.4} aria-label={t("done")} /> : index + 1}
              </span>
              <span className={classes.name}>{t(step)}</span>
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function At({ step, made }: { step: Step; made: Made }) {
  const t = useText();
  const { person } = useSession();
  const navigate = useNavigate();
  const to = (index: number) => {
    const other = steps[index];
    return () => void navigate({ to: other ? `/begin/${other}` : "/" });
  };
  const at = steps.indexOf(step);
  const Shown = shown[step];
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <Steps at={step} done={doneOf(made, person.user)} />
      <Suspense fallback={<Loading />}>
        <Shown made={made} ways={{ next: to(at + 1), back: at === 0 ? undefined : to(at - 1) }} />
      </Suspense>
    </>
  );
}

const isStep = (text: string | undefined): text is Step => steps.some((step) => step === text);

/** /console/begin and /console/begin/STEP: what a new service needs, one thing after the other. */
export default function Begin() {
  const { person } = useSession();
  const { step } = useParams({ strict: false });
  const query = useMade();
  return (
    <Asked query={query}>
      {(made) => {
        if (isStep(step)) return <At key={step} step={step} made={made} />;
        const done = doneOf(made, person.user);
        return <Navigate to={`/begin/${steps.find((one) => !done[one]) ?? "call"}`} replace />;
      }}
    </Asked>
  );
}
