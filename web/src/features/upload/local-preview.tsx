import { Film } from "lucide-react";
import { useState } from "react";
import { t } from "@/shared/i18n/t";
import type { UploadItem } from "@/uploads/types";

/** Plays the local file, where the browser can; nothing is fetched for it. */
export function LocalPreview({ item }: { item: UploadItem }) {
  const [unplayable, setUnplayable] = useState(false);
  return (
    <div className="grid aspect-video place-content-center overflow-hidden rounded-xl bg-black">
      {item.previewUrl && !unplayable ? (
        <video
          src={item.previewUrl}
          aria-label={t("upload.preview", { name: item.title })}
          className="aspect-video size-full object-contain"
          controls
          muted
          playsInline
          preload="metadata"
          onError={() => setUnplayable(true)}
        />
      ) : (
        <Film size={32} className="text-white/60" aria-hidden="true" />
      )}
    </div>
  );
}
