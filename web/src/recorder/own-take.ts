import type { VideoChanges } from "@/api/types";
import { browserTransport } from "@/uploads/browser-transport";
import { DetailsSaver } from "@/uploads/details-saver";
import type { SaveState } from "@/uploads/types";
import { fileName } from "./codecs";
import { claim } from "./locks";
import { takeDeps } from "./store";
import { Take, type TakeDeps } from "./take";
import type { Plan } from "./view";

/** The take that this tab records: its video on the server, what people read of it, and the locks that come with it. */
export class OwnTake {
  readonly take: Take;
  save: SaveState = { kind: "clean" };
  #saver: DetailsSaver;
  #release: (() => void) | undefined;
  #wakeLock: WakeLockSentinel | undefined;

  private constructor(take: Take, release: (() => void) | undefined, onChange: () => void) {
    this.take = take;
    this.#release = release;
    this.#saver = new DetailsSaver(
      (changes) => browserTransport.edit(take.meta.id, changes),
      (save) => {
        this.save = save;
        onChange();
      },
    );
    this.#saver.start();
  }

  /** Makes the video, so that its link is there before the first picture. */
  static async open(plan: Plan, type: string, hooks: Pick<TakeDeps, "onChange" | "onFull">): Promise<OwnTake> {
    const { id, part_size } = await browserTransport.init({
      title: plan.title,
      visibility: plan.visibility,
      show_while_recording: plan.show_while_recording,
      file_name: fileName(type),
      content_type: type.split(";")[0] ?? type,
      origin: "recording",
    });
    const release = await claim(id);
    const meta = { id, account: plan.account, title: plan.title, partSize: part_size, startedAt: Date.now() };
    try {
      return new OwnTake(await Take.begin(meta, takeDeps(id, hooks)), release, hooks.onChange);
    } catch (error) {
      release?.();
      throw error;
    }
  }

  /** Changes what viewers read; saved by itself. */
  edit(changes: VideoChanges): void {
    this.#saver.edit(changes);
  }

  /** Keeps the screen on until the take is let go. */
  keepAwake(): void {
    navigator.wakeLock?.request("screen").then(
      (lock) => {
        this.#wakeLock = lock;
      },
      () => undefined,
    );
  }

  /** The take is whole, or gone: other tabs and the screen may do what they like. */
  letGo(): void {
    this.#release?.();
    this.#release = undefined;
    void this.#wakeLock?.release().catch(() => undefined);
    this.#wakeLock = undefined;
  }

  /** Removes what there is of it, here and on the server. */
  async abandon(): Promise<void> {
    this.#saver.close();
    // The server's side is removed by its own sweeper if this call does not reach it.
    await this.take.discard().catch(() => undefined);
    this.letGo();
  }
}
