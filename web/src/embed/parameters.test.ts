import { expect, it } from "vitest";
import { parseParameters } from "./parameters";

const usual = { start: 0, autoplay: false, muted: false, loop: false, controls: true };

it("plays the whole video on a click, with controls, unless told otherwise", () => {
  expect(parseParameters("")).toEqual(usual);
});

it("reads times as numbers and as words, and switches as 0 and 1", () => {
  expect(parseParameters("?start=1m30s&end=95.5&autoplay=1&muted&loop=true&controls=0")).toEqual({
    start: 90,
    end: 95.5,
    autoplay: true,
    muted: true,
    loop: true,
    controls: false,
  });
  expect(parseParameters("?t=7")).toEqual({ ...usual, start: 7 });
});

it("ignores what makes no sense", () => {
  expect(parseParameters("?start=-1&end=x&autoplay=maybe&controls=perhaps&loop=2")).toEqual(usual);
  expect(parseParameters("?start=20&end=10")).toEqual({ ...usual, start: 20 });
});
