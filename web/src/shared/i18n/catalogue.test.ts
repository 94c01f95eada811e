import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { en } from "./en";
import { t, tn } from "./t";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|\.gen\.|i18n\/en\.ts$/.test(name))
  .map((name) => readFileSync(root + name, "utf8"))
  .join("\n");

/** Keys the source names whole, and the beginnings of those it puts together. */
const named = new Set([...sources.matchAll(/"([a-zA-Z]+(?:\.[a-zA-Z0-9_]+)+)"/g)].map((match) => match[1]));
const begun = [...sources.matchAll(/`([a-zA-Z]+\.(?:[a-zA-Z0-9]+\.)*)\$\{/g)].map((match) => match[1] ?? "");

it("has no text that nothing shows", () => {
  const unused = Object.keys(en).filter(
    (key) =>
      !named.has(key) && !named.has(key.replace(/_(one|other)$/, "")) && !begun.some((start) => key.startsWith(start)),
  );
  expect(unused).toEqual([]);
});

it("has both forms of every counted text", () => {
  const stems = Object.keys(en).flatMap((key) => /^(.*)_(?:one|other)$/.exec(key)?.[1] ?? []);
  for (const stem of stems)
    expect(en).toMatchObject({ [`${stem}_one`]: expect.any(String), [`${stem}_other`]: expect.any(String) });
});

it("has no empty text", () => {
  expect(Object.entries(en).filter(([, text]) => text.trim() === "")).toEqual([]);
});

it("fills in values as they are, also with signs that mean something elsewhere", () => {
  expect(t("my.edit", { title: "$& {x} <b>" })).toBe("Edit “$& {x} <b>”");
  expect(tn("video.views", 1)).toBe("1 view");
  expect(tn("video.views", 1200, "1.2K")).toBe("1.2K views");
});
