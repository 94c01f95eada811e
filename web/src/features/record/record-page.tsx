import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { abilities } from "@/recorder/capture";
import { recorder } from "@/recorder/recorder";
import { recovery } from "@/recorder/recovery";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { meQuery } from "@/shared/me";
import { Notice } from "@/shared/ui/feedback";
import { CannotRecord } from "./cannot-record";
import { ControlBar } from "./control-bar";
import { Controls } from "./controls";
import { LeftoverTakes } from "./leftover-takes";
import { SetupPanel } from "./setup-panel";
import { Stage } from "./stage";
import { StartBar } from "./start-bar";
import { TakePanel } from "./take-panel";
import { Troubles } from "./troubles";
import { useRecorder } from "./use-recorder";

/** Everything around one recording: before, while and after it. */
export function RecordPage() {
  const view = useRecorder();
  const me = useQuery(meQuery);
  const account = me.data?.id;
  const able = abilities();
  const { phase } = view.session;
  useEffect(() => {
    void recorder.enter();
    return () => recorder.leave();
  }, []);
  useEffect(() => {
    if (account !== undefined) void recovery.look(account);
  }, [account]);
  useWatchWhenDone();
  if (able.insecure || !(able.camera || able.screen)) return <CannotRecord insecure={able.insecure} />;
  const before = phase === "setup" || phase === "done";
  return (
    <Controls value={recorder}>
      <div className="grid gap-6">
        {before && <LeftoverTakes />}
        <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_21rem]">
          <div className="grid gap-4">
            <Troubles
              troubles={view.session.troubles}
              words={(trouble) => t(`record.trouble.${trouble}`)}
              onDismiss={(trouble) => recorder.dismiss(trouble)}
            />
            {view.failure !== undefined && <Notice tone="bad">{explain(view.failure)}</Notice>}
            <Stage
              view={view}
              opening={phase === "opening"}
              countdown={phase === "countdown" ? view.session.countdown : 0}
            />
            {before ? <StartBar account={account} /> : <ControlBar view={view} />}
          </div>
          {before ? (
            <SetupPanel view={view} able={able} heading={t("record.source")} counts />
          ) : (
            <TakePanel view={view} />
          )}
        </div>
      </div>
    </Controls>
  );
}

/** A take that ends while this page is open leads to its watch page. */
function useWatchWhenDone(): void {
  const { finished, session } = useRecorder();
  const navigate = useNavigate();
  const ending = useRef(false);
  const id = finished?.id;
  useEffect(() => {
    if (session.phase === "finishing") ending.current = true;
    if (session.phase === "done" && ending.current && id !== undefined) {
      ending.current = false;
      void navigate(`/w/${id}`);
    }
  }, [session.phase, id, navigate]);
}
