import { expect, it } from "vitest";
import { nobodysAnswer } from "./music.ts";
import { tune } from "./tune.ts";

const offer = [
  "v=0",
  "o=- 1 1 IN IP4 192.0.2.1",
  "s=-",
  "c=IN IP4 192.0.2.1",
  "t=0 0",
  "m=video 30010 RTP/AVP 97",
  "a=rtpmap:97 H264/90000",
  "m=audio 30000 RTP/AVP 101 96 0",
  "a=rtpmap:101 telephone-event/8000",
  "a=fmtp:101 0-15",
  "a=rtpmap:96 opus/48000/2",
  "a=fmtp:96 useinbandfec=1",
  "a=rtpmap:0 PCMU/8000",
  "",
].join("\r\n");

it("nobody answers with the first codec that is audio, and nothing else", () => {
  expect(nobodysAnswer(offer, "192.0.2.100")?.split("\r\n")).toEqual([
    "v=0",
    "o=- 1 1 IN IP4 192.0.2.100",
    "s=-",
    "c=IN IP4 192.0.2.100",
    "t=0 0",
    "m=video 0 RTP/AVP 97",
    "m=audio 9 RTP/AVP 96",
    "a=rtpmap:96 opus/48000/2",
    "a=fmtp:96 useinbandfec=1",
    "a=sendrecv",
    "",
  ]);
  expect(nobodysAnswer(offer, "2001:db8::1")).toContain("c=IN IP6 2001:db8::1");
  for (const none of [
    "",
    "v=0\r\n",
    offer.replace("m=audio 30000", "m=audio 0"),
    offer.replace("101 96 0", "101"),
  ])
    expect(nobodysAnswer(none, "192.0.2.100")).toBeUndefined();
});

it("the tune is 16 s of WAV, soft enough, and ends where it can begin again", () => {
  const wav = tune();
  expect(wav.toString("latin1", 0, 4)).toBe("RIFF");
  expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
  expect((wav.length - 44) / 16_000).toBe(16);
  const samples = Array.from({ length: (wav.length - 44) / 2 }, (_, at) => wav.readInt16LE(44 + at * 2));
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  expect(loudest).toBeGreaterThan(2000);
  expect(loudest).toBeLessThan(6000);
  expect(Math.abs(samples.at(-1) ?? 0)).toBeLessThan(50);
});
