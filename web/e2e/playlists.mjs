// The playlists of a video as another program finds them: from the address in the API, by what each one names.
import assert from "node:assert/strict";
import Hls from "hls-parser";

// Without it the parser prints what it finds and accepts everything.
Hls.setOptions({ strictMode: true });

/** The multivariant playlist and all that it names, each read by hls-parser, which throws at what RFC 8216 forbids. */
export async function playlistsOf(url, video) {
  const address = new URL(video.playback.hls_url, url).href;
  const text = await load(address);
  const master = parse(address, text);
  assert.ok(master.isMasterPlaylist, text);
  assert.ok(master.variants.length > 0, text);
  const renditions = master.variants.flatMap((variant) => variant.audio);
  const named = [
    ...master.variants.map(({ uri }) => ({ kind: "video", uri })),
    ...[...new Set(renditions.map(({ uri }) => uri))].map((uri) => ({ kind: "audio", uri })),
  ];
  const lists = await Promise.all(
    named.map(async ({ kind, uri }) => {
      const where = new URL(uri, address).href;
      const body = await load(where);
      const media = parse(where, body);
      assert.ok(!media.isMasterPlaylist, body);
      return { kind, address: where, text: body, media, durations: media.segments.map(({ duration }) => duration) };
    }),
  );
  return { address, text, master, lists };
}

export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Reads a playlist with hls-parser. */
export function parse(address, text) {
  try {
    return Hls.parse(text);
  } catch (error) {
    throw new Error(`${address} is no playlist for hls-parser: ${error.message}\n${text}`);
  }
}

/** Fetches a playlist. */
export async function load(address) {
  const answer = await fetch(address);
  assert.equal(answer.status, 200, address);
  assert.match(answer.headers.get("content-type"), /mpegurl/, address);
  return answer.text();
}
