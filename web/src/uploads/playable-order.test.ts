import { describe, expect, it } from "vitest";
import { playableOrder } from "./playable-order";

function box(type: string, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes.set(
    [...type].map((character) => character.charCodeAt(0)),
    4,
  );
  return bytes;
}

function wideBox(type: string, length: number): Uint8Array<ArrayBuffer> {
  const bytes = box(type, length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 1);
  view.setBigUint64(8, BigInt(length));
  return bytes;
}

const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describe("playableOrder", () => {
  it("sends the parts with the index right after the first one", async () => {
    const file = new Blob([box("ftyp", 20), box("mdat", 765), box("moov", 180), box("free", 35)]);
    expect(await playableOrder(file, 100, ALL)).toEqual({ numbers: [1, 8, 9, 10, 2, 3, 4, 5, 6, 7], alone: 4 });
  });

  it("finds it behind a box of 64 bits", async () => {
    const file = new Blob([box("ftyp", 20), wideBox("mdat", 880), box("moov", 100)]);
    expect(await playableOrder(file, 100, ALL)).toEqual({ numbers: [1, 10, 2, 3, 4, 5, 6, 7, 8, 9], alone: 2 });
  });

  it("leaves an index in front where it is", async () => {
    const file = new Blob([box("ftyp", 20), box("moov", 180), box("mdat", 800)]);
    expect(await playableOrder(file, 100, ALL)).toEqual({ numbers: ALL, alone: 2 });
  });

  it("sends anything else in order, the first part alone", async () => {
    for (const bytes of [new Uint8Array(1000), box("ftyp", 2000).slice(0, 1000)]) {
      expect(await playableOrder(new Blob([bytes]), 100, ALL)).toEqual({ numbers: ALL, alone: 1 });
    }
  });

  it("sends only what is missing", async () => {
    const file = new Blob([box("ftyp", 20), box("mdat", 880), box("moov", 100)]);
    expect(await playableOrder(file, 100, [3, 4, 10])).toEqual({ numbers: [10, 3, 4], alone: 1 });
  });
});
