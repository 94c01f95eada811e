import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/problem";
import type { MadeShareLink } from "@/api/types";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { CheckField } from "@/shared/ui/check-field";
import { Notice } from "@/shared/ui/feedback";
import { SelectField, TextField } from "@/shared/ui/field";
import { PasswordField } from "@/shared/ui/password-field";
import { makeShareLink } from "./share-links-query";

const HOUR = 3600_000;
const lives = { never: undefined, hour: HOUR, day: 24 * HOUR, week: 168 * HOUR, month: 720 * HOUR, date: undefined };
type Life = keyof typeof lives;
const choices: readonly Life[] = ["never", "hour", "day", "week", "month", "date"];

/** What a new link asks for, how long it lives and what it allows. */
export function ShareLinkForm({
  videoId,
  onMade,
  onCancel,
}: {
  videoId: string;
  onMade: (made: MadeShareLink) => void;
  onCancel: () => void;
}) {
  const [password, setPassword] = useState("");
  const [life, setLife] = useState<Life>("week");
  const [date, setDate] = useState("");
  const [download, setDownload] = useState(false);
  const make = useMutation({
    mutationFn: () =>
      makeShareLink(videoId, {
        password: password === "" ? undefined : password,
        expires_at: endOf(life, date),
        allow_download: download,
      }),
    onSuccess: onMade,
  });
  const fields = make.error instanceof ApiError ? make.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={t("link.new")} className="grid gap-4 rounded-xl border border-line p-4">
      {make.error && Object.keys(fields).length === 0 && <Notice tone="bad">{explain(make.error)}</Notice>}
      <PasswordField
        label={t("link.passwordNew")}
        hint={t("link.passwordHint")}
        error={fields.password}
        autoComplete="new-password"
        autoFocus
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <SelectField
        label={t("link.life")}
        value={life}
        error={life === "date" ? undefined : fields.expires_at}
        onChange={(event) => setLife(event.target.value as Life)}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {t(`link.life.${choice}`)}
          </option>
        ))}
      </SelectField>
      {life === "date" && (
        <TextField
          label={t("link.date")}
          type="datetime-local"
          required
          value={date}
          error={fields.expires_at}
          onChange={(event) => setDate(event.target.value)}
        />
      )}
      <CheckField label={t("link.download")} hint={t("link.downloadHint")} checked={download} onChange={setDownload} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button size="small" onClick={onCancel} disabled={make.isPending}>
          {t("action.cancel")}
        </Button>
        <Button size="small" type="submit" variant="primary" disabled={make.isPending}>
          {t("link.make")}
        </Button>
      </div>
    </form>
  );
}

function endOf(life: Life, date: string): string | undefined {
  if (life === "date") return new Date(date).toISOString();
  const length = lives[life];
  return length === undefined ? undefined : new Date(Date.now() + length).toISOString();
}
