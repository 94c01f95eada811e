import { History } from "lucide-react";
import type { Edit } from "@/api/types";
import { formatMoment } from "@/shared/format";
import { t, tn } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { preciseClock } from "./clock";
import type { Span } from "./pieces";

/** What a version says of itself; the whole video is one too. */
export interface Version {
  keep: readonly Span[];
  poster_at_us?: number | null;
}

/** Earlier versions of the edit, newest first, and the whole video: each can be loaded, looked at, and saved again. */
export function Versions({
  edit,
  disabled,
  onLoad,
}: {
  edit: Edit;
  disabled: boolean;
  onLoad: (version: Version) => void;
}) {
  if (edit.versions.length === 0) return null;
  const whole = { keep: [{ start_us: 0, end_us: edit.duration_us }] };
  return (
    <details className="rounded-2xl border border-line">
      <summary className="flex min-h-11 cursor-pointer items-center gap-2 rounded-2xl px-4 py-2 font-semibold">
        <History size={18} aria-hidden="true" />
        {t("edit.versions", { n: edit.versions.length })}
      </summary>
      <div className="grid gap-3 px-4 pb-4">
        <p className="max-w-3xl text-sm text-pretty text-ink-soft">{t("edit.versionsText")}</p>
        <ul className="divide-y divide-line">
          {edit.versions.map((version) => (
            <Row
              key={version.version}
              name={t("edit.versionOf", { date: formatMoment(version.created_at) })}
              about={[lengthOf(version.keep), stateOf(version, edit)].filter(Boolean).join(" · ")}
              disabled={disabled}
              onLoad={() => onLoad(version)}
            />
          ))}
          <Row
            name={t("edit.versionWhole")}
            about={[lengthOf(whole.keep), edit.shown === 0 ? t("edit.versionShown") : ""].filter(Boolean).join(" · ")}
            disabled={disabled}
            onLoad={() => onLoad(whole)}
          />
        </ul>
      </div>
    </details>
  );
}

function Row({
  name,
  about,
  disabled,
  onLoad,
}: {
  name: string;
  about: string;
  disabled: boolean;
  onLoad: () => void;
}) {
  return (
    <li className="flex items-center justify-between gap-4 py-2">
      <div className="min-w-0 text-sm tabular-nums">
        <p className="font-semibold">{name}</p>
        <p className="text-ink-soft">{about}</p>
      </div>
      <Button
        size="small"
        aria-label={t("edit.loadOf", { name: `${name}, ${about}` })}
        disabled={disabled}
        onClick={onLoad}
      >
        {t("edit.load")}
      </Button>
    </li>
  );
}

function lengthOf(keep: readonly Span[]): string {
  const kept = keep.reduce((sum, span) => sum + span.end_us - span.start_us, 0);
  return t("edit.versionLength", { kept: preciseClock(kept), pieces: tn("edit.versionPieces", keep.length) });
}

function stateOf({ version, state }: Edit["versions"][number], edit: Edit): string {
  if (version === edit.shown) return t("edit.versionShown");
  if (state === "pending") return t("edit.versionPending");
  if (state === "failed") return t("edit.versionFailed");
  return state === "superseded" ? t("edit.versionSuperseded") : "";
}
