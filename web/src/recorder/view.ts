import type { Video, Visibility } from "@/api/types";
import type { SaveState, UploadProblem } from "@/uploads/types";
import type { Bubble } from "./bubble";
import type { DeviceList } from "./capture";
import type { Line } from "./sender";
import type { SessionState } from "./session";
import type { Settings } from "./settings";

/** What a take begins with. */
export interface Plan {
  account: string;
  title: string;
  visibility: Visibility;
  /** Others who may watch it see it growing; otherwise they see it when it has ended. */
  show_while_recording: boolean;
}

/** What there is to record with. */
export interface StudioView {
  settings: Settings;
  devices: DeviceList;
  camera?: MediaStream;
  microphone?: MediaStream;
  /** What is recorded. */
  picture?: MediaStream;
  /** Width by height of the recording. */
  aspect: number;
  bubble: Bubble;
  /** The camera is in the picture as a bubble. */
  bubbleOn: boolean;
  /** The screen's sound is in the mix. */
  systemSound: boolean;
}

/** Everything the page shows. Never changed in place. */
export interface RecorderView extends StudioView {
  session: SessionState;
  plan?: Plan;
  videoId?: string;
  save: SaveState;
  line: Line;
  /** Parts that are only on this device so far. */
  behind: number;
  bytes: number;
  problem?: UploadProblem;
  /** A call that failed before the take could begin. */
  failure?: unknown;
  finished?: Video;
}
