import { expect, it } from "vitest";
import { crc32, endRecord, partHeader, scan } from "./records";

const payload = (text: string) => new TextEncoder().encode(text);

function file(...pieces: Uint8Array[]): { bytes: Uint8Array; read(offset: number, length: number): Uint8Array } {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

const one = payload("first part");
const two = payload("and the second");
const whole = file(partHeader(1, one), one, partHeader(2, two), two, endRecord(2));

it("reads back every record", () => {
  const { records, whole: end } = scan(whole.bytes.length, whole.read);
  expect(records).toEqual([
    { kind: "part", number: 1, offset: 16, length: 10 },
    { kind: "part", number: 2, offset: 42, length: 14 },
    { kind: "end", count: 2 },
  ]);
  expect(end).toBe(whole.bytes.length);
});

it("ends before whatever a crash cut short, at every length", () => {
  for (let size = 0; size <= whole.bytes.length; size += 1) {
    const cut = file(whole.bytes.slice(0, size));
    const { records } = scan(size, cut.read);
    const parts = size >= 56 ? 2 : size >= 26 ? 1 : 0;
    expect(records.filter((record) => record.kind === "part").length, `${size} bytes`).toBe(parts);
  }
});

it("believes no length that the file does not hold, and no bytes that the checksum does not confirm", () => {
  const long = partHeader(1, one);
  new DataView(long.buffer).setUint32(8, 0xffffffff, true);
  const lying = file(long, one);
  expect(scan(lying.bytes.length, lying.read).records).toEqual([]);
  const changed = file(partHeader(1, one), payload("first_part"));
  expect(scan(changed.bytes.length, changed.read)).toEqual({ records: [], whole: 0 });
});

it("computes the CRC-32 that others compute", () => {
  expect(crc32(payload("123456789"))).toBe(0xcbf43926);
});
