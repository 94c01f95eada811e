import { expect, it } from "vitest";
import { isPlaylist } from "./is-playlist";

const says = (...parts: BlobPart[]) => isPlaylist(new Blob(parts, { type: "video/mp4" }));

it("knows a playlist by its first line, after spaces and a byte order mark too", async () => {
  expect(await says("#EXTM3U\n#EXTINF:10,\nhttp://example.org/a.ts\n")).toBe(true);
  expect(await says("\uFEFF \r\n#EXTM3U\n")).toBe(true);
});

it("takes nothing else for one", async () => {
  expect(await says(new Uint8Array([0, 0, 0, 24, 0x66, 0x74, 0x79, 0x70]))).toBe(false);
  expect(await says("# a letter about #EXTM3U")).toBe(false);
  expect(await says("")).toBe(false);
});
