// What is served to players that are not ours: hls-parser accepts it, FFmpeg reads it without a word, the sums are right.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Api } from "./api.mjs";
import { AAC, clip, GROWING_SECONDS, growingWebm, H264, OPUS, shortMp4, TRAILER, VP9 } from "./fixtures.mjs";
import { suite, until } from "./kit.mjs";
import { playlistsOf, sum } from "./playlists.mjs";

const it = suite("playlist");
const execute = promisify(execFile);

const sources = {
  "a copied MP4": { make: shortMp4, seconds: 8, frame: 1 / 30 },
  "a WebM that is encoded": {
    make: () => clip("short.webm", { seconds: 8, video: VP9, audio: OPUS }),
    seconds: 8,
    frame: 1 / 30,
  },
  "a trailer with keyframes ten seconds apart": { make: () => TRAILER.path, frame: 1 / 24 },
  "a video without sound": {
    make: () => clip("silent.mp4", { seconds: 8, size: "426x240", video: H264, audio: null }),
    seconds: 8,
    frame: 1 / 30,
  },
  "a video with 25 pictures a second and an odd length": {
    make: () => clip("odd.mp4", { seconds: 7.24, rate: 25, video: H264, audio: AAC }),
    seconds: 7.24,
    frame: 1 / 25,
  },
};

for (const [what, { make, seconds, frame }] of Object.entries(sources)) {
  it(`${what} has playlists that other programs read without a word and that are as long as the source`, async ({
    url,
  }) => {
    const api = await Api.register(url);
    const id = await api.upload(await make());
    const video = await api.ready(id, { timeout: 90_000 });
    const length = seconds ?? video.duration_seconds;
    const { lists } = await playlistsOf(url, video);
    for (const { kind, address, media, durations, text } of lists) {
      assert.match(text, /#EXT-X-ENDLIST\s*$/, address);
      const longest = Math.max(...durations.map(Math.round));
      assert.ok(longest <= media.targetDuration, `a segment is longer than the target of ${media.targetDuration} s`);
      // Sound comes in packets of 1024 samples, pictures in frames.
      const unit = kind === "audio" ? Math.max(frame, 1024 / 44_100) : frame;
      assert.ok(
        Math.abs(sum(durations) - length) <= unit + 0.001,
        `${kind}: the segments sum up to ${sum(durations)} s, the source has ${length} s`,
      );
      const words = ["-hide_banner", "-nostdin", "-v", "warning", "-i", address, "-f", "null", "-"];
      const { stderr } = await execute("ffmpeg", words);
      assert.equal(stderr, "", address);
    }
  });
}

it("playlists that still grow are valid, only ever get longer, and say that they are not at their end", async ({
  url,
}) => {
  const api = await Api.register(url);
  const id = await api.upload(await growingWebm(), { contentType: "video/webm" });
  const video = await api.playable(id, { timeout: 30_000 });
  const early = await playlistsOf(url, video);
  for (const { address, text, media, durations } of early.lists) {
    assert.equal(media.endlist, false, `${address} is at its end`);
    assert.equal(media.playlistType, "EVENT", address);
    assert.ok(sum(durations) < GROWING_SECONDS - 5, `${address}: ${sum(durations)} s exist`);
    assert.match(text, /#EXT-X-START:TIME-OFFSET=0/, "a player that joins begins at the beginning");
  }
  const later = await until("every playlist to grow", async () => {
    const now = await playlistsOf(url, video);
    const grown = early.lists.every(({ address, durations }) => {
      const same = now.lists.find((list) => list.address === address);
      assert.ok(same !== undefined, `${address} is not named any more`);
      return same.durations.length > durations.length;
    });
    return grown ? now : undefined;
  });
  for (const { address, text, media } of early.lists) {
    const same = later.lists.find((list) => list.address === address);
    assert.ok(same.text.startsWith(text), `${address} changed what it had said:\n${text}\n${same.text}`);
    assert.equal(same.media.targetDuration, media.targetDuration);
  }
  // Its encode would be measured with the next test.
  await api.call("DELETE", `/api/videos/${id}`);
});
