import { describe, expect, test } from "vitest";
import { tcp, walker } from "../../../test/support/transactions.ts";
import { startInviteClient, stepInviteClient } from "./invite-client.ts";
import { startNonInviteClient, stepNonInviteClient } from "./non-invite-client.ts";

const invite = walker(startInviteClient, stepInviteClient, "response");
const other = walker(startNonInviteClient, stepNonInviteClient, "response");

describe("INVITE, the client: figure 5, with RFC 6026", () => {
  test("nobody answers: A doubles without a limit, B ends it", () => {
    const { begun, at } = invite();
    expect(begun).toBe("calling: send @500");
    expect(at(499, "time")).toBe("calling: - @500");
    expect(at(500, "time")).toBe("calling: send @1500");
    expect(at(1500, "time")).toBe("calling: send @3500");
    expect(at(3500, "time")).toBe("calling: send @7500");
    expect(at(7500, "time")).toBe("calling: send @15500");
    expect(at(15_500, "time")).toBe("calling: send @31500");
    expect(at(31_500, "time")).toBe("calling: send @32000");
    expect(at(32_000, "time")).toBe("terminated: timeout @-");
  });
  test("a stream repeats nothing", () => {
    expect(invite(tcp).begun).toBe("calling: send @32000");
  });
  test("provisional responses end the repetition; 2xx are passed, each of them, until M", () => {
    const { at } = invite();
    expect(at(10, 100)).toBe("proceeding: pass @-");
    expect(at(20, 180)).toBe("proceeding: pass @-");
    expect(at(90_000, 200)).toBe("accepted: pass @122000");
    expect(at(90_500, 200)).toBe("accepted: pass @122000");
    expect(at(90_600, 486)).toBe("accepted: - @122000");
    expect(at(122_000, "time")).toBe("terminated: - @-");
  });
  test("2xx at once", () => {
    expect(invite().at(10, 200)).toBe("accepted: pass @32010");
  });
  test("a refusal is acknowledged, each time, until D", () => {
    const { at } = invite();
    expect(at(10, 486)).toBe("completed: ack pass @32010");
    expect(at(510, 486)).toBe("completed: ack @32010");
    expect(at(600, 180)).toBe("completed: - @32010");
    expect(at(600, 200)).toBe("completed: - @32010");
    expect(at(32_010, "time")).toBe("terminated: - @-");
    const late = invite();
    late.at(10, 180);
    expect(late.at(20, 603)).toBe("completed: ack pass @32020");
    expect(invite(tcp).at(10, 486)).toBe("completed: ack pass @10");
  });
  test("the transport breaks: while calling, and when the ACK can not be sent", () => {
    expect(invite().at(10, "transport error")).toBe("terminated: transport @-");
    const { at } = invite();
    at(10, 100);
    expect(at(20, "transport error")).toBe("proceeding: - @-");
    at(30, 404);
    expect(at(40, "transport error")).toBe("terminated: transport @-");
  });
  test("CANCEL waits for a provisional response (9.1), and for a final one no longer than 64*T1", () => {
    const { at } = invite();
    expect(at(10, "cancel")).toBe("calling: - @500");
    expect(at(20, 100)).toBe("proceeding: pass cancel @32020");
    expect(at(30, "cancel")).toBe("proceeding: - @32020");
    expect(at(40, 180)).toBe("proceeding: pass @32020");
    expect(at(50, 487)).toBe("completed: ack pass @32050");
    const silent = invite();
    silent.at(10, 180);
    expect(silent.at(20, "cancel")).toBe("proceeding: cancel @32020");
    expect(silent.at(32_020, "time")).toBe("terminated: timeout @-");
    const answered = invite();
    answered.at(10, 200);
    expect(answered.at(20, "cancel")).toBe("accepted: - @32010");
  });
  test("who turned to another server repeats nothing, and still takes an answer", () => {
    const { at } = invite();
    expect(at(100, "hush")).toBe("calling: - @32000");
    expect(at(200, 200)).toBe("accepted: pass @32200");
  });
  test("after a stall one repetition, not many", () => {
    const { at } = invite();
    expect(at(9000, "time")).toBe("calling: send @10000");
  });
});

describe("other requests, the client: figure 6", () => {
  test("nobody answers: E doubles up to T2, F ends it", () => {
    const { begun, at } = other();
    expect(begun).toBe("trying: send @500");
    expect(at(500, "time")).toBe("trying: send @1500");
    expect(at(1500, "time")).toBe("trying: send @3500");
    expect(at(3500, "time")).toBe("trying: send @7500");
    expect(at(7500, "time")).toBe("trying: send @11500");
    for (const now of [11_500, 15_500, 19_500, 23_500, 27_500]) at(now, "time");
    expect(at(31_500, "time")).toBe("trying: send @32000");
    expect(at(32_000, "time")).toBe("terminated: timeout @-");
  });
  test("a provisional response makes it patient, not silent", () => {
    const { at } = other();
    expect(at(10, 100)).toBe("proceeding: pass @500");
    expect(at(500, "time")).toBe("proceeding: send @4500");
    expect(at(600, 183)).toBe("proceeding: pass @4500");
    expect(at(4500, "time")).toBe("proceeding: send @8500");
    expect(at(4600, 200)).toBe("completed: pass @9600");
    expect(at(4700, 200)).toBe("completed: - @9600");
    expect(at(4700, "transport error")).toBe("completed: - @9600");
    expect(at(9600, "time")).toBe("terminated: - @-");
  });
  test("a final response at once; F while proceeding; no K and no E over streams", () => {
    expect(other().at(10, 404)).toBe("completed: pass @5010");
    const { at } = other();
    at(10, 100);
    expect(at(32_000, "time")).toBe("terminated: timeout @-");
    expect(other(tcp).begun).toBe("trying: send @32000");
    expect(other(tcp).at(10, 200)).toBe("completed: pass @10");
  });
  test("the transport breaks", () => {
    expect(other().at(10, "transport error")).toBe("terminated: transport @-");
    const { at } = other();
    at(10, 100);
    expect(at(20, "transport error")).toBe("terminated: transport @-");
  });
  test("who waits no longer repeats nothing", () => {
    const { at } = other();
    expect(at(100, "hush")).toBe("trying: - @32000");
    expect(at(200, 200)).toBe("completed: pass @5200");
    expect(at(300, "hush")).toBe("completed: - @5200");
  });
});
