import type { Video } from "@/api/types";
import { formatPercent } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { reasonsOf } from "./plan-reasons";

/** For its owner: what becomes of the source and why, and how far each rung is. */
export function PlanDetails({ video }: { video: Video }) {
  const reasons = reasonsOf(video.plan);
  if (reasons.length === 0 && video.rungs.length === 0) return null;
  return (
    <details className="max-w-4xl rounded-2xl border border-line p-4 sm:p-5">
      <summary className="font-semibold">{t("watch.plan")}</summary>
      <ul className="mt-3 grid list-disc gap-1 pl-5 text-[0.9375rem] wrap-anywhere text-ink-soft">
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <table className="mt-4 w-full text-left text-sm tabular-nums">
        <thead className="text-ink-soft">
          <tr>
            <th className="py-1 pr-3 font-medium">{t("watch.planRung")}</th>
            <th className="py-1 pr-3 font-medium">{t("watch.planHow")}</th>
            <th className="py-1 text-right font-medium">{t("watch.planDone")}</th>
          </tr>
        </thead>
        <tbody>
          {video.rungs.map(({ name, kind, width, height, copied, progress }) => (
            <tr key={name} className="border-t border-line">
              <td className="py-1.5 pr-3">
                <span className="font-semibold">{kind === "audio" ? t("watch.planAudio") : name}</span>
                {width && height ? <span className="ml-2 text-ink-soft">{`${width} × ${height}`}</span> : null}
              </td>
              <td className="py-1.5 pr-3">{t(copied ? "watch.planCopied" : "watch.planEncoded")}</td>
              <td className="py-1.5 text-right">{formatPercent(progress)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
