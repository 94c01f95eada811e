import type {
  InitRequest,
  InitResponse,
  SignedPart,
  UnfinishedUpload,
  UploadStatus,
  Video,
  VideoChanges,
  Visibility,
} from "@/api/types";

/** The calls an upload makes. Rejections are ApiError (the server said no) or NetworkError (nobody answered). */
export interface Transport {
  init(request: InitRequest): Promise<InitResponse>;
  sign(id: string, numbers: number[]): Promise<SignedPart[]>;
  put(part: SignedPart, bytes: Blob, onSent: (bytes: number) => void, signal: AbortSignal): Promise<void>;
  status(id: string): Promise<UploadStatus>;
  complete(id: string, count: number): Promise<Video>;
  video(id: string): Promise<Video>;
  edit(id: string, changes: VideoChanges): Promise<Video>;
  remove(id: string): Promise<void>;
  unfinished(): Promise<UnfinishedUpload[]>;
}

/** Whether the browser believes it has a network. */
export interface Network {
  online(): boolean;
  /** Resolves when the network is back; rejects when the signal aborts. */
  whenOnline(signal: AbortSignal): Promise<void>;
}

/** Why an upload stopped. `detail` is the server's own sentence where it gave one. */
export interface UploadProblem {
  code:
    | "network"
    | "disk_full"
    | "conflict"
    | "too_large"
    | "quota"
    | "other_tab"
    | "gone"
    | "file_changed"
    | "empty"
    | "signed_out"
    | "rejected"
    | "processing_failed";
  detail?: string;
  /** Trying again with the same file can help. */
  retryable: boolean;
}

/** Ends one upload with a reason a person can read. */
export class UploadFailure extends Error {
  override readonly name = "UploadFailure";
  readonly problem: UploadProblem;
  constructor(problem: UploadProblem) {
    super(problem.code);
    this.problem = problem;
  }
}

/**
 * preparing → queued → uploading ⇄ offline → finishing → processing → ready; `failed` from anywhere; `paused` from and
 * back to everything before `finishing`. `preparing` covers the fingerprint and the first call, `finishing` the last one.
 */
export type UploadPhase =
  | "preparing"
  | "queued"
  | "uploading"
  | "offline"
  | "paused"
  | "finishing"
  | "processing"
  | "ready"
  | "failed";

export type SaveState =
  | { kind: "clean" }
  | { kind: "pending" }
  | { kind: "saving" }
  | { kind: "saved" }
  | { kind: "error"; message: string; fields: Readonly<Record<string, string>> };

/** One file of the list, as the page shows it. Never changed in place. */
export interface UploadItem {
  /** Names the item from the moment the file was chosen; the video's id comes later. */
  key: string;
  videoId?: string;
  fileName: string;
  /** Bytes. */
  size: number;
  title: string;
  description: string;
  visibility: Visibility;
  phase: UploadPhase;
  /** True when an earlier, interrupted upload goes on. */
  resumed: boolean;
  sentBytes: number;
  /** 0 when the line is up but nothing gets through. */
  bytesPerSecond?: number;
  secondsLeft?: number;
  problem?: UploadProblem;
  save: SaveState;
  /** The server's last word about the video. */
  video?: Video;
  /** An object URL of the local file. */
  previewUrl?: string;
}

/** The details of a video that a person edits in the list. */
export function detailsOf({
  title,
  description,
  visibility,
}: Video): Pick<UploadItem, "title" | "description" | "visibility"> {
  return { title, description, visibility };
}
