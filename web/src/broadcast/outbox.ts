/** A piece of a recording, numbered from 0. */
export interface Chunk {
  number: number;
  data: Blob;
}

/** The pieces of a recording that the server has not said to have. */
export class Outbox {
  #chunks: Chunk[] = [];
  #next = 0;
  #bytes = 0;

  /** Puts the next piece in; answers it with its number. */
  add(data: Blob): Chunk {
    const chunk = { number: this.#next, data };
    this.#next += 1;
    this.#bytes += data.size;
    this.#chunks.push(chunk);
    return chunk;
  }

  /** Everything up to this number has arrived. */
  arrived(number: number): void {
    while (this.#chunks[0] !== undefined && this.#chunks[0].number <= number) {
      this.#bytes -= this.#chunks.shift()?.data.size ?? 0;
    }
  }

  /** The pieces from this number on, in order. */
  from(number: number): readonly Chunk[] {
    return this.#chunks.filter((chunk) => chunk.number >= number);
  }

  /** The first piece that can still be sent. */
  get first(): number {
    return this.#chunks[0]?.number ?? this.#next;
  }

  /** Bytes that the server has not said to have. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Pieces that the server has not said to have. */
  get count(): number {
    return this.#chunks.length;
  }
}

/** The message that carries a piece: its number (64 bits, big endian), then its bytes. */
export function message({ number, data }: Chunk): Blob {
  const head = new DataView(new ArrayBuffer(8));
  head.setBigUint64(0, BigInt(number));
  return new Blob([head, data]);
}
