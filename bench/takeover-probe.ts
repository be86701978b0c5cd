import { createSocket } from "node:dgram";

/**
 * Asks a SIP server again and again (OPTIONS over UDP) and tells at the end which questions were answered: the measure
 * of bench/takeover-comparison.ts, run inside the callers' namespace. Ends when its input does.
 *
 *   node bench/takeover-probe.ts ADDRESS OWN-ADDRESS
 */
const [address = "", own = ""] = process.argv.slice(2);
const everyMs = 10;
const socket = createSocket("udp4");
const sent: number[] = [];
const answered = new Set<number>();
socket.on("message", (message) => {
  const number = /^CSeq: *(\d+)/im.exec(message.toString())?.[1];
  if (message.toString().startsWith("SIP/2.0 200") && number) answered.add(Number(number));
});
// While nobody has the address, the kernel may say so (EHOSTUNREACH): an unanswered question like any other.
socket.on("error", () => undefined);
socket.bind(0, own, () => {
  const { port } = socket.address();
  const timer = setInterval(() => {
    const number = sent.push(Date.now());
    const text = [
      `OPTIONS sip:probe@${address} SIP/2.0`,
      `Via: SIP/2.0/UDP ${own}:${port};branch=z9hG4bK${process.pid}-${number};rport`,
      `From: <sip:probe@${own}>;tag=${process.pid}`,
      `To: <sip:probe@${address}>`,
      `Call-ID: ${process.pid}-${number}@${own}`,
      `CSeq: ${number} OPTIONS`,
      "Max-Forwards: 70",
      "Content-Length: 0",
      "\r\n",
    ].join("\r\n");
    socket.send(text, 5060, address, () => undefined);
  }, everyMs);
  process.stdin.resume().on("end", () => {
    clearInterval(timer);
    setTimeout(() => {
      socket.close();
      // When each answered question was asked, ms since 1970.
      process.stdout.write(JSON.stringify(sent.filter((_, index) => answered.has(index + 1))));
    }, 500);
  });
});
