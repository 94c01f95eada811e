import { useQuery } from "@tanstack/react-query";
import { formatBytes } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { Notice, ProgressBar } from "@/shared/ui/feedback";
import { usageQuery } from "@/shared/video/queries";

/** How much room my videos take, and of how much where there is a limit. */
export function UsageLine() {
  const { data: usage } = useQuery(usageQuery);
  if (usage === undefined) return null;
  const used = formatBytes(usage.used_bytes);
  const limit = usage.limit_bytes;
  if (limit === undefined || limit === null) {
    return <p className="mb-4 text-sm text-ink-soft tabular-nums">{t("my.usage", { used })}</p>;
  }
  return (
    <div className="mb-6 grid max-w-md gap-2">
      <p className="text-sm text-ink-soft tabular-nums">{t("my.usageOf", { used, limit: formatBytes(limit) })}</p>
      <ProgressBar label={t("my.usageLabel")} value={limit === 0 ? 1 : usage.used_bytes / limit} />
      {usage.used_bytes >= limit && <Notice tone="bad">{t("my.usageFull")}</Notice>}
    </div>
  );
}
