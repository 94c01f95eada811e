/** The order in which parts are sent, and how many of them first go alone. */
export interface PartOrder {
  numbers: number[];
  alone: number;
}

const MOST_BOXES = 64;
/** A larger index is sent in its turn: the server waits for the whole file anyway. */
const LARGEST_INDEX = 32 * 2 ** 20;

/**
 * What the server needs to play the video comes first, so that it plays while the rest is sent: the first part, and then,
 * for an MP4 whose index stands at its end, the parts that hold the index. They go alone, because parts that share the line
 * all arrive late.
 */
export async function playableOrder(file: Blob, partSize: number, numbers: readonly number[]): Promise<PartOrder> {
  const index = await indexRange(file).catch(() => undefined);
  const ahead = new Set([1]);
  if (index !== undefined && index.end - index.start <= LARGEST_INDEX) {
    const last = Math.ceil(index.end / partSize);
    for (let number = Math.floor(index.start / partSize) + 1; number <= last; number += 1) ahead.add(number);
  }
  const first = numbers.filter((number) => ahead.has(number));
  return { numbers: [...first, ...numbers.filter((number) => !ahead.has(number))], alone: first.length };
}

/** Where the `moov` box lies in an MP4 file (ISO/IEC 14496-12 §4.2). */
async function indexRange(file: Blob): Promise<{ start: number; end: number } | undefined> {
  let at = 0;
  for (let count = 0; count < MOST_BOXES && at + 8 <= file.size; count += 1) {
    const header = new DataView(await file.slice(at, at + 16).arrayBuffer());
    const type = String.fromCharCode(...[4, 5, 6, 7].map((byte) => header.getUint8(byte)));
    if (count === 0 && !["ftyp", "moov", "mdat", "wide", "free", "skip"].includes(type)) return undefined;
    const short = header.getUint32(0);
    const size =
      short === 0 ? file.size - at : short === 1 && header.byteLength >= 16 ? Number(header.getBigUint64(8)) : short;
    if (size < 8 || at + size > file.size) return undefined;
    if (type === "moov") return { start: at, end: at + size };
    at += size;
  }
  return undefined;
}
