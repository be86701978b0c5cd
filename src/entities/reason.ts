import { directEdit, type Reason } from "./history.ts";

const said = (header: string | string[] | undefined): string => {
  try {
    return decodeURIComponent(String(header ?? "")).replace(/\p{Cc}/gu, " ");
  } catch {
    return "";
  }
};

/** Who changes something, and why, as the headers `X-Dialtone-Who` and `X-Dialtone-Why` say (percent-encoded UTF-8). Pure. */
export const reasonIn = (headers: Record<string, string | string[] | undefined>): Reason => ({
  ...directEdit,
  who: said(headers["x-dialtone-who"]).slice(0, 64),
  why: said(headers["x-dialtone-why"]).slice(0, 1000),
});
