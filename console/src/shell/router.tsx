import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { lazy } from "react";
import { pages } from "../pages.ts";
import { PageFault, PageMissing, PagePending } from "./faults.tsx";
import { Frame, PageGate } from "./frame.tsx";

/** Routes of all pages of pages.ts, of the first run, and of what comes back from an identity provider. */

const rootRoute = createRootRoute({ component: Frame, notFoundComponent: PageMissing });

const first = createRoute({
  getParentRoute: () => rootRoute,
  path: "first",
  component: lazyRouteComponent(() => import("./first.tsx")),
});

const back = createRoute({
  getParentRoute: () => rootRoute,
  path: "login/return",
  component: lazyRouteComponent(() => import("./login-return.tsx")),
});

const routes = pages.map((page) => {
  const Shown = lazy(page.load);
  return createRoute({
    getParentRoute: () => rootRoute,
    path: page.path === "" ? "/" : page.path,
    // Whoever points at a link will need it.
    loader: () => page.load().then(() => null),
    component: () => (
      <PageGate page={page}>
        <Shown />
      </PageGate>
    ),
  });
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([first, back, ...routes]),
  basepath: "/console",
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultErrorComponent: PageFault,
  defaultPendingComponent: PagePending,
  defaultPendingMs: 150,
});
