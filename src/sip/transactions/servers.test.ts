import { describe, expect, test } from "vitest";
import { tcp, walker } from "../../../test/support/transactions.ts";
import { startInviteServer, stepInviteServer } from "./invite-server.ts";
import { startNonInviteServer, stepNonInviteServer } from "./non-invite-server.ts";

const invite = walker(startInviteServer, stepInviteServer, "respond");
const other = walker(startNonInviteServer, stepNonInviteServer, "respond");

describe("INVITE, the server: figure 7, with RFC 6026", () => {
  test("a user who is slow: 100 after 200 ms", () => {
    const { begun, at } = invite();
    expect(begun).toBe("proceeding: pass @200");
    expect(at(100, "request")).toBe("proceeding: - @200");
    expect(at(200, "time")).toBe("proceeding: trying @-");
    expect(at(300, "request")).toBe("proceeding: send @-");
  });
  test("provisional responses, repeated for each INVITE; 2xx only by the user, until L", () => {
    const { at } = invite();
    expect(at(10, 180)).toBe("proceeding: send @-");
    expect(at(500, "request")).toBe("proceeding: send @-");
    expect(at(600, 183)).toBe("proceeding: send @-");
    expect(at(700, 200)).toBe("accepted: send @32700");
    expect(at(800, "request")).toBe("accepted: - @32700");
    expect(at(1200, 200)).toBe("accepted: send @32700");
    expect(at(1250, 486)).toBe("accepted: - @32700");
    expect(at(1300, "ack")).toBe("accepted: pass @32700");
    expect(at(1300, "transport error")).toBe("accepted: - @32700");
    expect(at(32_700, "time")).toBe("terminated: - @-");
  });
  test("a refusal is repeated by G up to T2, until the ACK; then I", () => {
    const { at } = invite();
    expect(at(0, 486)).toBe("completed: send @500");
    expect(at(500, "time")).toBe("completed: send @1500");
    expect(at(600, "request")).toBe("completed: send @1500");
    expect(at(1500, "time")).toBe("completed: send @3500");
    expect(at(3500, "time")).toBe("completed: send @7500");
    expect(at(7500, "time")).toBe("completed: send @11500");
    expect(at(8000, "ack")).toBe("confirmed: - @13000");
    expect(at(8100, "ack")).toBe("confirmed: - @13000");
    expect(at(8100, "request")).toBe("confirmed: - @13000");
    expect(at(13_000, "time")).toBe("terminated: - @-");
  });
  test("a refusal without ACK: H", () => {
    const { at } = invite();
    at(0, 603);
    expect(at(10, 200)).toBe("completed: - @500");
    expect(at(32_000, "time")).toBe("terminated: timeout @-");
  });
  test("over streams: no G, I at once, H as before", () => {
    const { at } = invite(tcp);
    expect(at(0, 486)).toBe("completed: send @32000");
    expect(at(10, "ack")).toBe("confirmed: - @10");
    expect(at(10, "time")).toBe("terminated: - @-");
  });
  test("the transport breaks: told, the state stays (RFC 6026 7.1)", () => {
    const { at } = invite();
    expect(at(10, "transport error")).toBe("proceeding: transport @200");
    at(20, 486);
    expect(at(30, "transport error")).toBe("completed: transport @520");
  });
  test("an ACK that comes too early changes nothing", () => {
    expect(invite().at(10, "ack")).toBe("proceeding: - @200");
  });
});

describe("other requests, the server: figure 8", () => {
  test("trying, proceeding, completed until J", () => {
    const { begun, at } = other();
    expect(begun).toBe("trying: pass @-");
    expect(at(10, "request")).toBe("trying: - @-");
    expect(at(20, 183)).toBe("proceeding: send @-");
    expect(at(30, "request")).toBe("proceeding: send @-");
    expect(at(35, 183)).toBe("proceeding: send @-");
    expect(at(40, 200)).toBe("completed: send @32040");
    expect(at(50, "request")).toBe("completed: send @32040");
    expect(at(60, 404)).toBe("completed: - @32040");
    expect(at(32_040, "time")).toBe("terminated: - @-");
  });
  test("a final response at once; over streams it ends at once", () => {
    expect(other().at(10, 200)).toBe("completed: send @32010");
    const { at } = other(tcp);
    expect(at(10, 200)).toBe("completed: send @10");
    expect(at(10, "time")).toBe("terminated: - @-");
  });
  test("the transport breaks", () => {
    expect(other().at(10, "transport error")).toBe("trying: - @-");
    const proceeding = other();
    proceeding.at(10, 183);
    expect(proceeding.at(20, "transport error")).toBe("terminated: transport @-");
    const completed = other();
    completed.at(10, 200);
    expect(completed.at(20, "transport error")).toBe("terminated: transport @-");
  });
});
