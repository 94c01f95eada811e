import { useQuery } from "@tanstack/react-query";
import { Laptop, RadioTower } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { StreamKey } from "@/api/types";
import { t } from "@/shared/i18n/t";
import { instanceQuery } from "@/shared/instance";
import { videoQuery } from "@/shared/video/queries";
import { BeginForm } from "./begin-form";
import { BrowserStudio } from "./browser-studio";
import { Choice } from "./choice";
import { EncoderPanel } from "./encoder-panel";
import { useBroadcast } from "./use-broadcast";

type Way = "browser" | "encoder";

/** Sets a broadcast up. An encoder's id is in the address, so that a reload leads back to it; its key is not. */
export function GoLive() {
  const [search, setSearch] = useSearchParams();
  const [key, setKey] = useState<StreamKey>();
  const [chosen, setChosen] = useState<Way>();
  const { phase } = useBroadcast();
  const instance = useQuery(instanceQuery).data;
  const id = search.get("v");
  // What this tab broadcasts goes before everything that an address could mean.
  if (phase !== "setup") return <BrowserStudio />;
  if (id !== null && search.get("from") === "browser") return <GoOnHere id={id} />;
  if (id !== null) {
    return (
      <div className="max-w-2xl">
        <EncoderPanel key={id} id={id} first={key} />
      </div>
    );
  }
  if (instance === undefined) return null;
  const ways: Way[] = [];
  if (instance.live_browsers) ways.push("browser");
  if (instance.live_encoders) ways.push("encoder");
  const way = chosen ?? ways[0] ?? "encoder";
  return (
    <div className="grid gap-6">
      {ways.length > 1 && (
        <div className="max-w-2xl">
          <Choice
            label={t("live.way")}
            value={way}
            onChange={setChosen}
            options={[
              { value: "browser", label: t("live.way.browser"), icon: Laptop },
              { value: "encoder", label: t("live.way.encoder"), icon: RadioTower },
            ]}
          />
        </div>
      )}
      {way === "browser" ? (
        <BrowserStudio />
      ) : (
        <div className="grid max-w-2xl gap-6">
          <p className="text-pretty text-ink-soft">{t("live.newText")}</p>
          <BeginForm
            onBegun={(begun) => {
              setKey(begun);
              setSearch({ v: begun.id });
            }}
          />
        </div>
      )}
    </div>
  );
}

/** A broadcast that was begun before goes on from this browser. */
function GoOnHere({ id }: { id: string }) {
  const title = useQuery(videoQuery(id)).data?.title;
  return title === undefined ? null : <BrowserStudio known={{ id, title }} />;
}
