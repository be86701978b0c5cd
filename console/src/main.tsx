import "@fontsource-variable/inter/wght.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./shell/global.css";
import { createRoot } from "react-dom/client";
import { connection } from "./api/live.ts";
import { App } from "./shell/app.tsx";
import { nonce } from "./shell/nonce.ts";

// Read by what writes <style> elements of its own (react-remove-scroll, below Mantine's dialogs).
Object.assign(globalThis, { __webpack_nonce__: nonce });
// A part of the console that is not there any more, because a newer one was built: take the newer one.
addEventListener("vite:preloadError", () => location.reload());
connection.start();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(<App />);
