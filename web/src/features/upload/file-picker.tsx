import { useQuery } from "@tanstack/react-query";
import { Scissors, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { canPrepare } from "@/prepare/prepare";
import { cx } from "@/shared/class-names";
import { formatBytes } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { instanceQuery } from "@/shared/instance";
import { Button } from "@/shared/ui/button";
import { defaultVisibility, rememberVisibility } from "@/shared/video/default-visibility";
import { VisibilityField } from "@/shared/video/visibility-field";
import { addFiles } from "./add-files";

const ACCEPT = "video/*,.mkv,.ts,.mts,.m2ts";

/** Large while there is nothing else on the page, a strip when uploads are listed below. */
export function FilePicker({ compact, onPrepare }: { compact: boolean; onPrepare: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const one = useRef<HTMLInputElement>(null);
  const instance = useQuery(instanceQuery);
  const [visibility, setVisibility] = useState(defaultVisibility);
  return (
    <section className="rounded-2xl border-2 border-dashed border-line-strong bg-surface">
      <div
        className={cx(
          "mx-auto grid max-w-lg justify-items-center gap-4 px-5 text-center",
          compact ? "py-6" : "py-12 sm:py-16",
        )}
      >
        {!compact && (
          <div className="grid size-16 place-content-center rounded-2xl bg-accent-soft text-accent" aria-hidden="true">
            <Upload size={30} />
          </div>
        )}
        <div>
          <h2 className="text-lg font-semibold">{t("upload.drop")}</h2>
          <p className="mt-1 text-pretty text-ink-soft">{t("upload.dropText")}</p>
        </div>
        <input
          ref={input}
          type="file"
          multiple
          accept={ACCEPT}
          hidden
          onChange={(event) => {
            addFiles(event.target.files ?? []);
            event.target.value = "";
          }}
        />
        <input
          ref={one}
          type="file"
          accept={ACCEPT}
          hidden
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = "";
            if (file) onPrepare(file);
          }}
        />
        <div className="flex flex-wrap justify-center gap-2">
          <Button variant="primary" onClick={() => input.current?.click()}>
            {t("upload.choose")}
          </Button>
          {canPrepare() && (
            <Button onClick={() => one.current?.click()}>
              <Scissors size={16} aria-hidden="true" />
              {t("prepare.open")}
            </Button>
          )}
        </div>
        {!compact && (
          <div className="mt-1 w-full max-w-60 text-left">
            <VisibilityField
              label={t("upload.defaultVisibility")}
              value={visibility}
              onChange={(value) => {
                setVisibility(value);
                rememberVisibility(value);
              }}
            />
          </div>
        )}
        {!compact && instance.data && instance.data.max_upload_bytes > 0 && (
          <p className="text-sm text-ink-soft">
            {t("upload.limit", { size: formatBytes(instance.data.max_upload_bytes) })}
          </p>
        )}
      </div>
    </section>
  );
}
