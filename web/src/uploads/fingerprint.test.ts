import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { fingerprint } from "./fingerprint";

const MIB = 1024 * 1024;

function bytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 31) % 251);
}

it("is the size and the hash of a small file's bytes", async () => {
  const data = bytes(1000);
  const hash = createHash("sha256").update(data).digest("hex");
  expect(await fingerprint(new Blob([data]))).toBe(`1000-${hash}`);
});

it("covers the first and the last MiB of a large file and nothing between", async () => {
  const data = bytes(3 * MIB);
  const hash = createHash("sha256")
    .update(data.subarray(0, MIB))
    .update(data.subarray(2 * MIB))
    .digest("hex");
  expect(await fingerprint(new Blob([data]))).toBe(`${3 * MIB}-${hash}`);
  data[Math.floor(1.5 * MIB)] = 1;
  expect(await fingerprint(new Blob([data]))).toBe(`${3 * MIB}-${hash}`);
  data[data.length - 1] = 1;
  expect(await fingerprint(new Blob([data]))).not.toBe(`${3 * MIB}-${hash}`);
});

it("hashes no byte twice where head and tail meet", async () => {
  const data = bytes(MIB + 10);
  const hash = createHash("sha256").update(data).digest("hex");
  expect(await fingerprint(new Blob([data]))).toBe(`${MIB + 10}-${hash}`);
});
