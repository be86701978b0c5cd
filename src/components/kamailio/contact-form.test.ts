import { expect, it } from "vitest";
import { contactForm } from "./contact-form.ts";

const form = new RegExp(contactForm);

it.each([
  "<sip:101@192.0.2.1>",
  "<sip:101@192.0.2.1:5062;transport=tcp;line=abc>;expires=60;q=0.5",
  "sip:101@192.0.2.1:5060;expires=60",
  "<sip:192.0.2.1>",
  "<sips:a@host.example.>",
  "<SIP:a@HOST>",
  String.raw`"A \"quoted\", <strange> name" <sip:a@192.0.2.1>;+sip.instance="<urn:uuid:0,1;2>";reg-id=1`,
  "Ada Lovelace <sip:a@192.0.2.1> ; expires = 5",
  "<sip:a@192.0.2.1>, <sip:a@[2001:db8::1]:5060;ob> ,sip:b@x",
  "<sip:a%20b;x=1@192.0.2.1?subject=x>",
  "<sip:a@192.0.2.1:65535>",
  '<sip:a@192.0.2.1;transport=ws>;+sip.ice;methods="INVITE, ACK";mobility="fixed"',
])("takes %s", (text) => {
  expect(form.test(text)).toBe(true);
});

it.each([
  "",
  "*",
  "<sip:>",
  "<sip:a@>",
  "<101@192.0.2.1>",
  "101",
  "<tel:+49>",
  "<mailto:a@b>",
  "<http://x>",
  "<sip:a@b c>",
  "<sip:a@[::1>",
  "<sip:a@192.0.2.1:0>",
  "<sip:a@192.0.2.1:65536>",
  "<sip:a@192.0.2.1:99999>",
  "<sip:a@192.0.2.1:x>",
  "<sip:a@192.0.2.1>,",
  "<sip:a@192.0.2.1>, *",
  "<sip:a@192.0.2.1>, <sip:>",
  "<sip:a@192.0.2.1",
  '"a <sip:a@192.0.2.1>',
  '<sip:a@192.0.2.1>;+sip.instance="<urn:x>',
  "<sip:a@-x>",
])("refuses %s", (text) => {
  expect(form.test(text)).toBe(false);
});
