/**
 * The records of a take's files. Each is a header of 16 bytes (mark, number, length and CRC-32 of the payload, little
 * endian) and the payload. A crash in the middle of a write leaves a tail that the checksum does not confirm, and reading ends there.
 */
export const HEADER = 16;
const PART = 0x70736376;
const END = 0x65736376;

export interface PartRecord {
  kind: "part";
  number: number;
  /** Where the payload begins in its file. */
  offset: number;
  length: number;
}

export type TakeRecord = PartRecord | { kind: "end"; count: number };

/** The header of a part. */
export function partHeader(number: number, payload: Uint8Array): Uint8Array {
  return header(PART, number, payload.byteLength, crc32(payload));
}

/** The record that says how many parts there are. */
export function endRecord(count: number): Uint8Array {
  return header(END, count, 0, 0);
}

/** Every whole record of a file, and how many bytes of it they take. `read` may give fewer bytes than were asked for. */
export function scan(
  size: number,
  read: (offset: number, length: number) => Uint8Array,
): { records: TakeRecord[]; whole: number } {
  const records: TakeRecord[] = [];
  let at = 0;
  while (at + HEADER <= size) {
    const head = read(at, HEADER);
    if (head.byteLength < HEADER) break;
    const view = new DataView(head.buffer, head.byteOffset, HEADER);
    const [mark, number, length, checksum] = [0, 4, 8, 12].map((offset) => view.getUint32(offset, true)) as [
      number,
      number,
      number,
      number,
    ];
    if (mark === END) {
      records.push({ kind: "end", count: number });
      at += HEADER;
      continue;
    }
    // The length is only believed when the file holds that much.
    if (mark !== PART || at + HEADER + length > size) break;
    const payload = read(at + HEADER, length);
    if (payload.byteLength < length || crc32(payload) !== checksum) break;
    records.push({ kind: "part", number, offset: at + HEADER, length });
    at += HEADER + length;
  }
  return { records, whole: at };
}

function header(mark: number, number: number, length: number, checksum: number): Uint8Array {
  const bytes = new Uint8Array(HEADER);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of [mark, number, length, checksum].entries()) view.setUint32(index * 4, value, true);
  return bytes;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 as in ISO 3309. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] as number);
  return (value ^ 0xffffffff) >>> 0;
}
