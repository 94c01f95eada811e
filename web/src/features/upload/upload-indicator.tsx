import { Upload } from "lucide-react";
import { formatPercent } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { ButtonLink } from "@/shared/ui/button";
import { useUploads } from "./use-uploads";

/** The upload button of the header; while bytes go up it tells how far they are. */
export function UploadIndicator() {
  const running = useUploads().filter((item) => ["queued", "uploading", "offline", "finishing"].includes(item.phase));
  const total = running.reduce((sum, item) => sum + item.size, 0);
  const sent = running.reduce((sum, item) => sum + item.sentBytes, 0);
  const percent = total > 0 ? formatPercent(sent / total) : undefined;
  return (
    <ButtonLink to="/upload" variant="plain" className="max-sm:px-3">
      <Upload size={18} aria-hidden="true" />
      <span className="max-sm:sr-only">{t("nav.upload")}</span>
      {percent !== undefined && (
        <span className="text-sm text-accent tabular-nums">
          <span aria-hidden="true">{percent}</span>
          <span className="sr-only">{t("nav.uploadsRunning", { percent })}</span>
        </span>
      )}
    </ButtonLink>
  );
}
