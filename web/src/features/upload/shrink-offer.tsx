import { useQuery } from "@tanstack/react-query";
import { Minimize2 } from "lucide-react";
import { useState } from "react";
import { heightOf, heightsFor } from "@/prepare/heights";
import { isSlow, savedBy } from "@/prepare/offer";
import { canPrepare, type Forecast, Preparer } from "@/prepare/prepare";
import { formatSpan } from "@/shared/format";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { uploader } from "@/uploads";
import type { UploadItem } from "@/uploads/types";

/** Sizes that are measured: the largest that is smaller, and the next. */
const TRIED = 2;

/** Asks whether to shrink a file whose upload takes long, when this device would save time by it. Never asks twice. */
export function ShrinkOffer({ item, onTake }: { item: UploadItem; onTake: (side: number) => void }) {
  const [declined, setDeclined] = useState(false);
  const running = { bytesLeft: item.size - item.sentBytes, uplink: item.bytesPerSecond ?? 0 };
  const slow = item.phase === "uploading" && isSlow(running);
  const query = useQuery({
    queryKey: ["prepare", "offer", item.key],
    queryFn: () => forecasts(item.key),
    enabled: slow && !declined && canPrepare(),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const offers = (query.data ?? []).flatMap(({ side, forecast }) => {
    const saved = savedBy(running, forecast);
    return saved === undefined ? [] : { side, saved, forecast };
  });
  const best = offers[0];
  if (!slow || declined || best === undefined) return null;
  return (
    <div role="note" className="mt-4 flex flex-wrap items-center gap-3 rounded-lg bg-accent-soft px-4 py-3">
      <Minimize2 size={20} aria-hidden="true" />
      <p className="min-w-0 flex-1 basis-64 text-[0.9375rem]">
        {t("prepare.offer", {
          saved: formatSpan(best.saved),
          lines: best.side,
          work: formatSpan(best.forecast.seconds),
        })}
      </p>
      <div className="flex gap-2">
        <Button size="small" variant="primary" onClick={() => onTake(best.side)}>
          {t("prepare.offerTake")}
        </Button>
        <Button size="small" onClick={() => setDeclined(true)}>
          {t("prepare.offerDecline")}
        </Button>
      </div>
    </div>
  );
}

async function forecasts(key: string): Promise<{ side: number; forecast: Forecast }[]> {
  const file = uploader.file(key);
  if (file === undefined) return [];
  const preparer = new Preparer();
  try {
    const facts = await preparer.look(file);
    const found = [];
    for (const side of heightsFor(facts).slice(0, TRIED)) {
      found.push({ side, forecast: await preparer.forecast(file, heightOf(side, facts)) });
    }
    return found;
  } finally {
    preparer.close();
  }
}
