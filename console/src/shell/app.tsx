import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { connection } from "../api/live.ts";
import { askAnew } from "../api/once.ts";
import { SessionProvider } from "../api/session.tsx";
import { CloseNames } from "../kit/close-names.tsx";
import { ConfirmProvider } from "../kit/confirm.tsx";
import { nonce } from "./nonce.ts";
import { translateProblems } from "./problems.ts";
import { Prove } from "./prove.tsx";
import { queries } from "./queries.ts";
import { router } from "./router.tsx";
import { theme, variables } from "./theme.ts";

const schemes = localStorageColorSchemeManager({ key: "dialtone.theme" });

translateProblems();

// After a takeover what is shown may be old: everything on the screen is asked for again.
connection.onChange((change) => {
  if (change !== "other") return;
  askAnew();
  void queries.invalidateQueries();
});

/** The console: providers around its pages. */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      colorSchemeManager={schemes}
      defaultColorScheme="auto"
      {...(nonce && { getStyleNonce: () => nonce ?? "" })}
    >
      <QueryClientProvider client={queries}>
        <SessionProvider>
          <CloseNames>
            <Notifications position="bottom-right" limit={4} />
            <ConfirmProvider>
              <RouterProvider router={router} />
              <Prove />
            </ConfirmProvider>
          </CloseNames>
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
