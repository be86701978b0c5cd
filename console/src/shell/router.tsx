import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { lazy } from "react";
import { pages } from "../pages.ts";
import { PageFault, PageMissing, PagePending } from "./faults.tsx";
import { Frame, PageGate } from "./frame.tsx";

/** Routes of all pages of pages.ts, and of the first run. */

const rootRoute = createRootRoute({ component: Frame, notFoundComponent: PageMissing });

const first = createRoute({
  getParentRoute: () => rootRoute,
  path: "first",
  component: lazyRouteComponent(() => import("./first.tsx")),
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
  routeTree: rootRoute.addChildren([first, ...routes]),
  basepath: "/console",
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultErrorComponent: PageFault,
  defaultPendingComponent: PagePending,
  defaultPendingMs: 150,
});
