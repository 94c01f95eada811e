import { useState } from "react";
import { ApiError } from "@/api/problem";
import type { Broadcast, Visibility } from "@/api/types";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { CheckField } from "@/shared/ui/check-field";
import { Notice } from "@/shared/ui/feedback";
import { TextField } from "@/shared/ui/field";
import { VisibilityField } from "@/shared/video/visibility-field";
import { beginBroadcast } from "./api";

/** What a broadcast is called, who sees it and whether it stays. */
export function BeginForm({ onBegun }: { onBegun: (broadcast: Broadcast) => void }) {
  const [title, setTitle] = useState("");
  const [visibility, setVisibility] = useState<Visibility>("public");
  const [save, setSave] = useState(true);
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    try {
      onBegun(await beginBroadcast({ title, visibility, save }));
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const fields = failure instanceof ApiError ? failure.fields : {};
  return (
    <form
      className="grid gap-5 rounded-2xl border border-line bg-raised p-5 sm:p-6"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {failure !== undefined && fields.title === undefined && <Notice tone="bad">{explain(failure)}</Notice>}
      <TextField
        label={t("live.name")}
        value={title}
        required
        maxLength={200}
        error={fields.title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <VisibilityField value={visibility} onChange={setVisibility} />
      <CheckField label={t("live.save")} checked={save} onChange={setSave} />
      <div>
        <Button type="submit" variant="primary" disabled={busy}>
          {t("live.begin")}
        </Button>
      </div>
    </form>
  );
}
