import type { ReactNode } from "react";
import type { Video } from "@/api/types";
import { cx } from "@/shared/class-names";

/** The dark area in the video's own shape, whatever stands in it: player, progress or reason. Never higher than the window. */
export function Stage({ video, wide = false, children }: { video?: Video; wide?: boolean; children: ReactNode }) {
  const shape = video?.width && video.height ? video.width / video.height : 16 / 9;
  // Very tall and very wide pictures get bars instead of a stage that fills the page.
  const ratio = Math.min(2.4, Math.max(1.2, shape));
  return (
    <div className={cx("overflow-hidden bg-black", !wide && "-mx-[clamp(1rem,3vw,2rem)] sm:mx-0 sm:rounded-2xl")}>
      <div
        className="relative mx-auto grid w-full"
        style={{
          aspectRatio: ratio,
          maxWidth: `calc((100dvh - ${wide ? "7rem" : "11rem"}) * ${ratio})`,
          minWidth: "min(100%, 20rem)",
        }}
      >
        {children}
      </div>
    </div>
  );
}
