import { useState } from "react";
import { useSearchParams } from "react-router";
import type { StreamKey } from "@/api/types";
import { t } from "@/shared/i18n/t";
import { BeginForm } from "./begin-form";
import { EncoderPanel } from "./encoder-panel";

/** Sets a broadcast up. Its id is in the address, so that a reload leads back to it; the key is not. */
export function GoLive() {
  const [search, setSearch] = useSearchParams();
  const [key, setKey] = useState<StreamKey>();
  const id = search.get("v");
  if (id !== null) return <EncoderPanel key={id} id={id} first={key} />;
  return (
    <div className="grid gap-6">
      <p className="text-pretty text-ink-soft">{t("live.newText")}</p>
      <BeginForm
        onBegun={(begun) => {
          setKey(begun);
          setSearch({ v: begun.id });
        }}
      />
    </div>
  );
}
