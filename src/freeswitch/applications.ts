import { type Element, element } from "./xml.ts";

/** Applications of FreeSWITCH's dialplan, as elements. Pure. */

export const action = (application: string, data?: string): Element =>
  element("action", { application, ...(data !== undefined && { data }) });
export const set = (name: string, value: string): Element => action("set", `${name}=${value}`);
/** For the called side alone. */
export const forCalled = (name: string, value: string): Element =>
  action("export", `nolocal:${name}=${value}`);
