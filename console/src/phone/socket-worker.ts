import { attemptLastsMs, type FromWorker, type ToWorker, watchSocket } from "./socket-rules.ts";

/**
 * The WebSocket of the telephone, in a worker: timers of a page in the background are throttled to one a second or a
 * minute, a worker's are not. It is replaced below JsSIP, which keeps its calls.
 */

const say = (message: FromWorker): void => postMessage(message);

let url = "";
let socket: WebSocket | undefined;
/** Connections that are not open yet, and when they were begun. */
const attempts = new Map<WebSocket, number>();
let attemptAt = 0;
let tried = 0;
let heardAt = 0;
let pingAt = 0;
let calls = 0;
let wanted = false;
let doubt = false;
let doubtAt = 0;

const detach = (old: WebSocket | undefined): void => {
  if (!old) return;
  // Its end comes late, and says nothing any more.
  old.onopen = old.onmessage = old.onclose = old.onerror = null;
  old.close();
};

function giveUp(attempt: WebSocket): void {
  attempts.delete(attempt);
  detach(attempt);
}

function lost(why: string): void {
  const had = socket !== undefined;
  detach(socket);
  socket = undefined;
  if (had) say({ what: "closed", why });
}

function open(): void {
  const began = performance.now();
  attemptAt = began;
  tried++;
  const next = new WebSocket(url, "sip");
  attempts.set(next, began);
  next.onopen = () => {
    for (const other of [...attempts.keys()]) if (other !== next) giveUp(other);
    attempts.delete(next);
    tried = 0;
    // The one that was doubted has answered meanwhile: it was busy.
    if (socket && heardAt > began) {
      detach(next);
      return;
    }
    lost(`nothing heard for ${Math.round(performance.now() - heardAt)} ms`);
    socket = next;
    heardAt = pingAt = performance.now();
    say({ what: "open" });
  };
  next.onmessage = ({ data }) => {
    heardAt = performance.now();
    if (typeof data === "string" && data.trim() !== "") say({ what: "message", text: data });
  };
  next.onclose = next.onerror = () => {
    attempts.delete(next);
    if (socket === next) lost("its connection was closed");
  };
}

function disconnect(): void {
  wanted = false;
  for (const attempt of [...attempts.keys()]) giveUp(attempt);
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.what) {
    case "connect":
      url = data.url;
      wanted = true;
      if (!socket) open();
      return;
    case "disconnect":
      disconnect();
      lost("asked to");
      return;
    case "replace":
      lost("asked to");
      open();
      return;
    case "close":
      disconnect();
      detach(socket);
      close();
      return;
    case "send":
      if (socket?.readyState === WebSocket.OPEN) socket.send(data.text);
      return;
    case "calls":
      calls = data.count;
      return;
    case "doubt":
      if (doubt !== data.doubt) doubtAt = performance.now();
      doubt = data.doubt;
      return;
  }
});

setInterval(() => {
  const now = performance.now();
  if (calls > 0) say({ what: "tick" });
  for (const [attempt, began] of attempts) if (now - began > attemptLastsMs) giveUp(attempt);
  const state = { open: socket !== undefined, wanted, calls, doubt, doubtAt, heardAt, pingAt };
  for (const action of watchSocket({ ...state, attemptAt, tried, trying: attempts.size }, now)) {
    if (action === "open") open();
    else {
      pingAt = now;
      socket?.send("\r\n\r\n");
    }
  }
}, 50);
