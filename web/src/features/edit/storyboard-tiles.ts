/** A small picture of the storyboard. */
export interface Tile {
  /** Seconds. */
  start: number;
  end: number;
  sheet: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

const MOST = 2000;

/** The tiles of a storyboard's WebVTT. */
export function parseTiles(text: string, base: string): Tile[] {
  const tiles: Tile[] = [];
  const cue = /([\d:.]+) --> ([\d:.]+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;
  for (const [, from = "", to = "", name = "", ...numbers] of text.matchAll(cue)) {
    const [x = 0, y = 0, width = 0, height = 0] = numbers.map(Number);
    if (width > 0 && height > 0 && tiles.length < MOST) {
      tiles.push({ start: seconds(from), end: seconds(to), sheet: new URL(name, base).href, x, y, width, height });
    }
  }
  return tiles;
}

const seconds = (clock: string) => clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

export async function loadTiles(url: string, signal: AbortSignal): Promise<Tile[]> {
  const response = await fetch(url, { signal });
  return response.ok ? parseTiles(await response.text(), new URL(url, location.href).href) : [];
}
