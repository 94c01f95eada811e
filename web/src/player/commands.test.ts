import { expect, it } from "vitest";
import { commands, keyOf } from "./commands";

it("takes the key by its sign, also where it stands elsewhere", () => {
  expect(keyOf({ key: "K", code: "KeyK", shiftKey: true })).toBe("k");
  expect(keyOf({ key: "?", code: "Minus", shiftKey: true })).toBe("?");
  expect(keyOf({ key: "ArrowLeft", code: "ArrowLeft", shiftKey: false })).toBe("arrowleft");
  expect(keyOf({ key: "MediaPlayPause", code: "MediaPlayPause", shiftKey: false })).toBe("mediaplaypause");
});

it("takes it by its place where the keyboard writes no Latin letters", () => {
  expect(keyOf({ key: "л", code: "KeyK", shiftKey: false })).toBe("k");
  expect(keyOf({ key: "б", code: "Comma", shiftKey: false })).toBe(",");
  expect(keyOf({ key: "Ю", code: "Period", shiftKey: true })).toBe(">");
});

it("gives no key to two commands", () => {
  const keys = commands.flatMap((command) => command.keys);
  expect(new Set(keys).size).toBe(keys.length);
});
