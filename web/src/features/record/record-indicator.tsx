import { Video } from "lucide-react";
import { useSyncExternalStore } from "react";
import { type Presence, presence } from "@/recorder/presence";
import { formatClock } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { ButtonLink } from "@/shared/ui/button";
import { Dot } from "./dot";
import { useSeconds } from "./use-seconds";

/** The record button of the header; while a take or a broadcast runs it shows the time, and leads to it. */
export function RecordIndicator() {
  const running = useSyncExternalStore(presence.subscribe, presence.snapshot);
  return (
    <ButtonLink to={running?.to ?? "/record"} variant="plain" className="max-sm:px-3">
      {running ? (
        <Running running={running} />
      ) : (
        <>
          <Video size={18} aria-hidden="true" />
          <span className="max-sm:sr-only">{t("nav.record")}</span>
        </>
      )}
    </ButtonLink>
  );
}

function Running({ running }: { running: Presence }) {
  const time = formatClock(useSeconds(running.elapsed));
  return (
    <>
      <Dot hollow={running.paused} />
      <span aria-hidden="true" className="tabular-nums max-sm:hidden">
        {time}
      </span>
      <span className="sr-only">{t(running.to === "/record" ? "record.indicator" : "live.indicator", { time })}</span>
    </>
  );
}
