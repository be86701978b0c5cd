import { Outlet, useMatchRoute } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense } from "react";
import { mayAs, useSessionState } from "../api/session.tsx";
import type { Page } from "../pages.ts";
import { PagePending, PageRefused } from "./faults.tsx";
import { useLanguage } from "./i18n.ts";
import { Layout } from "./layout.tsx";
import { LoginAgain, LoginPage, NoAnswerPage } from "./login.tsx";
import { roleNames } from "./roles.ts";

const Enrol = lazy(() => import("./enrol.tsx"));

/** Around every page: who is logged in sees the layout, nobody else does. */
export function Frame() {
  const { session, expired, fault } = useSessionState();
  const matchRoute = useMatchRoute();
  const language = useLanguage();
  if (matchRoute({ to: "/first" }) || matchRoute({ to: "/login/return" })) return <Outlet key={language} />;
  if (fault && !session && !expired) return <NoAnswerPage fault={fault} />;
  if (session === null) return <LoginPage />;
  if (session?.enrol && !expired)
    return (
      <Suspense fallback={<PagePending />}>
        <Enrol />
      </Suspense>
    );
  return (
    <>
      {session && (
        <Layout>
          <Suspense fallback={<PagePending />}>
            <Outlet />
          </Suspense>
        </Layout>
      )}
      {session === undefined && !expired && <PagePending />}
      <LoginAgain opened={expired} />
    </>
  );
}

/** Shows a page to those only who may see it. The app refuses what it serves by itself; this is to say it kindly. */
export function PageGate({ page, children }: { page: Page; children: ReactNode }) {
  const { session } = useSessionState();
  const language = useLanguage();
  if (!session) return null;
  if (!mayAs(session.person.role, page.role)) return <PageRefused role={roleNames[page.role][language]} />;
  return children;
}
