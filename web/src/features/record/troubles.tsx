import { X } from "lucide-react";
import type { Trouble } from "@/recorder/session";
import { t } from "@/shared/i18n/t";
import { Notice } from "@/shared/ui/feedback";

/** What a person should know, but what is no failure. */
const MILD: readonly Trouble[] = ["too_short", "sharing_stopped", "no_system_audio"];

/** What happened to the recording, each until it is closed. */
export function Troubles({
  troubles,
  words,
  onDismiss,
}: {
  troubles: readonly Trouble[];
  words: (trouble: Trouble) => string;
  onDismiss: (trouble: Trouble) => void;
}) {
  return troubles.map((trouble) => (
    <Notice key={trouble} tone={MILD.includes(trouble) ? "info" : "bad"}>
      <div className="flex items-start justify-between gap-3">
        <p>{words(trouble)}</p>
        <button
          type="button"
          aria-label={t("record.dismiss")}
          className="-m-1 shrink-0 rounded p-1 hover:bg-sunken"
          onClick={() => onDismiss(trouble)}
        >
          <X size={16} aria-hidden="true" />
        </button>
      </div>
    </Notice>
  ));
}
