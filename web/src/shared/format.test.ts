import { expect, it } from "vitest";
import { formatAgo, formatBytes, formatClock, formatPercent, formatSpan, parseClock, parseStart } from "./format";

it.each([
  [0, "0:00"],
  [7.9, "0:07"],
  [61, "1:01"],
  [3725, "1:02:05"],
  [360_000, "100:00:00"],
  [Number.NaN, "0:00"],
  [Number.POSITIVE_INFINITY, "0:00"],
  [-1, "0:00"],
])("shows %d s on a clock as %s", (seconds, text) => expect(formatClock(seconds)).toBe(text));

it.each([
  [0, "a few seconds"],
  [12, "15 seconds"],
  [54, "55 seconds"],
  [56, "1 minute"],
  [125, "2 minutes"],
  [3600, "1 h"],
  [4800, "1 h 20 min"],
  [Number.POSITIVE_INFINITY, ""],
])("says %d s as “%s”", (seconds, text) => expect(formatSpan(seconds)).toBe(text));

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.00 kB"],
  [1_234_567, "1.23 MB"],
  [9_999_999, "10.0 MB"],
  [99_960_000, "100 MB"],
  [999_600_000, "1.00 GB"],
  [45_600_000_000, "45.6 GB"],
  [-5, "0 B"],
])("says %d bytes as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

it("reaches 100 % only at the end", () => {
  expect(formatPercent(0.9999)).toBe("99 %");
  expect(formatPercent(1)).toBe("100 %");
  expect(formatPercent(Number.NaN)).toBe("0 %");
});

it("says how long ago something was", () => {
  const now = Date.parse("2026-06-01T12:00:00Z");
  expect(formatAgo("2026-06-01T11:59:40Z", now)).toBe("just now");
  expect(formatAgo("2026-06-01T11:58:00Z", now)).toBe("2 minutes ago");
  expect(formatAgo("2026-05-31T11:00:00Z", now)).toBe("yesterday");
  expect(formatAgo("2026-06-02T11:00:00Z", now)).toBe("just now");
  expect(formatAgo("nonsense", now)).toBe("");
});

it.each([
  [null, 0],
  ["90", 90],
  ["90.5", 90.5],
  ["90s", 90],
  ["1h2m3s", 3723],
  ["2m", 120],
  ["", 0],
  ["-5", 0],
  ["1e9", 0],
  ["NaN", 0],
])("reads ?t=%s as %d s", (value, seconds) => expect(parseStart(value)).toBe(seconds));

it.each([
  ["1:30", 90],
  ["1:02:05", 3725],
  [" 0:00 ", 0],
  ["90", 90],
  ["1m30s", 90],
  ["0", 0],
  ["1:75", undefined],
  ["x", undefined],
  ["", undefined],
  ["-1", undefined],
])("reads “%s” from a clock as %s", (text, seconds) => expect(parseClock(text)).toBe(seconds));
