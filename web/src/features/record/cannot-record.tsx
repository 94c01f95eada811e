import { Lock, VideoOff } from "lucide-react";
import { t } from "@/shared/i18n/t";
import { ButtonLink } from "@/shared/ui/button";
import { EmptyState } from "@/shared/ui/feedback";

/** Says why there is nothing to record with, and what to do about it. */
export function CannotRecord({ insecure }: { insecure: boolean }) {
  if (!insecure) {
    return (
      <EmptyState icon={<VideoOff size={26} />} title={t("record.unable")} text={t("record.unableText")}>
        <ButtonLink to="/upload">{t("nav.upload")}</ButtonLink>
      </EmptyState>
    );
  }
  const https = `https://${location.host}${location.pathname}`;
  return (
    <EmptyState icon={<Lock size={26} />} title={t("record.insecure")} text={t("record.insecureText")}>
      <a href={https} className="rounded font-semibold text-accent underline underline-offset-3">
        {https}
      </a>
      <p className="text-sm text-pretty text-ink-soft">{t("record.insecureOwner")}</p>
    </EmptyState>
  );
}
