import { type FromWorker, type ToWorker, watchSocket } from "./socket-rules.ts";

/**
 * The WebSocket of the telephone, in a worker: timers of a page in the background are throttled to one a second or a
 * minute, a worker's are not. It is replaced below JsSIP, which keeps its calls.
 */

const say = (message: FromWorker): void => postMessage(message);

let url = "";
let socket: WebSocket | undefined;
let attempt: WebSocket | undefined;
let attemptAt = 0;
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

function lost(why: string): void {
  const had = socket !== undefined;
  detach(socket);
  socket = undefined;
  if (had) say({ what: "closed", why });
}

function open(): void {
  detach(attempt);
  attemptAt = performance.now();
  const next = new WebSocket(url, "sip");
  attempt = next;
  next.onopen = () => {
    attempt = undefined;
    socket = next;
    heardAt = pingAt = performance.now();
    say({ what: "open" });
  };
  next.onmessage = ({ data }) => {
    heardAt = performance.now();
    if (typeof data === "string" && data.trim() !== "") say({ what: "message", text: data });
  };
  next.onclose = next.onerror = () => {
    if (socket === next) lost("its connection was closed");
    else if (attempt === next) attempt = undefined;
  };
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  switch (data.what) {
    case "connect":
      url = data.url;
      wanted = true;
      if (!socket) open();
      return;
    case "disconnect":
      wanted = false;
      detach(attempt);
      attempt = undefined;
      lost("asked to");
      return;
    case "replace":
      lost("asked to");
      open();
      return;
    case "close":
      wanted = false;
      detach(attempt);
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
  const action = watchSocket(
    { open: socket !== undefined, wanted, calls, doubt, doubtAt, heardAt, pingAt, attemptAt },
    now,
  );
  if (action === "ping") {
    pingAt = now;
    socket?.send("\r\n\r\n");
  } else if (action === "dead") lost(`nothing heard for ${Math.round(now - heardAt)} ms`);
  else if (action === "open") open();
}, 50);
