import Hls, { Events, Level, M3U8Parser } from "hls.js";
import { rungOf } from "./rungs";

/**
 * Takes the variants of a newer multivariant playlist into a player that runs.
 *
 * hls.js reads that playlist once. But it does take a new list of levels while it plays: content steering sends it as
 * LEVELS_UPDATED. Levels that stay keep their objects, and with them their playlist and buffered fragments.
 * docs/decisions/0011-hand-over.md compares this with the other ways.
 */
export function takeLevels(hls: Hls, playlist: string, address: string): boolean {
  const before = hls.levels;
  if (before.length === 0) return false;
  const parsed = M3U8Parser.parseMasterPlaylist(playlist, address);
  if (parsed.playlistParsingError !== null) return false;
  const known = new Map(before.map((level) => [rungOf(level.uri), level]));
  const first = before[0];
  const fresh: Level[] = [];
  let changed = false;
  for (const variant of parsed.levels) {
    const name = rungOf(variant.url);
    const level = known.get(name);
    if (level !== undefined) {
      fresh.push(level);
    } else if (playable(variant) && sameKind(variant, first)) {
      fresh.push(new Level(variant));
      changed = true;
    }
  }
  fresh.sort((left, right) => left.height - right.height || left.bitrate - right.bitrate);
  // The level that feeds the player stays until another does, below all others so that nothing goes up to it.
  const feeding = new Set([before[hls.loadLevel], before[hls.currentLevel]]);
  for (const level of before) {
    if (fresh.includes(level)) continue;
    if (feeding.has(level)) fresh.unshift(level);
    else changed = true;
  }
  if (changed || fresh.some((level, index) => level !== before[index])) replace(hls, fresh);
  return changed;
}

/**
 * `removeLevel` is what gives every fragment and the running level their new index. It is called on a spare one at the
 * end, which nothing uses.
 */
function replace(hls: Hls, levels: Level[]): void {
  const last = levels.at(-1);
  if (last === undefined) return;
  const spare: Level = Object.create(last, { details: { value: undefined, writable: true } });
  hls.trigger(Events.LEVELS_UPDATED, { levels: [...levels, spare] });
  hls.removeLevel(levels.length);
}

interface Codecs {
  videoCodec?: string;
  audioCodec?: string;
}

function playable({ videoCodec, audioCodec }: Codecs): boolean {
  const codecs = [videoCodec, audioCodec].filter((codec) => codec !== undefined).join(",");
  const source = Hls.getMediaSource();
  return source === undefined || source.isTypeSupported(`video/mp4;codecs="${codecs}"`);
}

/** Pictures cannot join a player that was set up for sound alone, nor the other way round. */
function sameKind(variant: Codecs, level: Codecs | undefined): boolean {
  return (variant.videoCodec === undefined) === (level?.videoCodec === undefined);
}
