import type { Video } from "@/api/types";
import { copyText } from "./clipboard";
import { embedCode, linkAt } from "./links";

/** What the player's menu puts on the clipboard. */
export function shareOf({ id, title, width, height, visibility }: Video) {
  const embed = () => embedCode({ videoId: id, title, width, height, start: 0 });
  return {
    link: (seconds: number) => linkAt(id, seconds),
    copy: copyText,
    ...(visibility === "private" ? {} : { embedCode: embed }),
  };
}
