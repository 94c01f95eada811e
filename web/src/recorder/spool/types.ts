/** What is known of a take from its first moment on: enough to go on with it after a crash. */
export interface TakeMeta {
  /** The video that the take becomes; it names the take too. */
  id: string;
  /** Whose take it is: another account on this device must not send it. */
  account: string;
  title: string;
  /** The most bytes that one part may have. */
  partSize: number;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/** A take as it was found on the disk. */
export interface StoredTake {
  meta: TakeMeta;
  /** Parts whose bytes are here, in order. */
  numbers: readonly number[];
  /** How many parts the whole take has; absent when it was cut off. */
  count?: number;
  /** Bytes of these parts. */
  bytes: number;
}

/** Keeps the parts of takes on this device until the server has them. Every method that resolves has reached the disk. */
export interface Spool {
  /** Opens a take that is new, or one that `list` named. */
  create(meta: TakeMeta): Promise<void>;
  open(take: string): Promise<StoredTake | undefined>;
  append(take: string, number: number, bytes: ArrayBuffer): Promise<void>;
  read(take: string, number: number): Promise<ArrayBuffer | undefined>;
  /** The server has this part. */
  drop(take: string, number: number): Promise<void>;
  /** The take ended with this many parts. */
  end(take: string, count: number): Promise<void>;
  /** Removes a take with all its bytes. */
  remove(take: string): Promise<void>;
  list(): Promise<string[]>;
  /** What is kept of a take, without holding on to its files: another tab may go on with it. */
  peek(take: string): Promise<StoredTake | undefined>;
}
