import { Link2Off, LockKeyhole } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { forgetPass } from "@/api/share-pass";
import { t } from "@/shared/i18n/t";
import { Button, ButtonLink } from "@/shared/ui/button";
import { EmptyState, LoadError, Notice } from "@/shared/ui/feedback";
import { PasswordField } from "@/shared/ui/password-field";
import { useTitle } from "@/shared/ui/use-title";
import { type ShareLinkState, useShareLink } from "./use-share-link";

/** Shows its children when the share link is open; before that nothing of the video is known here. */
export function ShareGate({ id, token, children }: { id: string; token: string; children: ReactNode }) {
  const { state, open } = useShareLink(id, token);
  switch (state.kind) {
    case "open":
      return children;
    case "opening":
      return (
        <p className="sr-only" role="status">
          {t("app.loading")}
        </p>
      );
    case "password":
      return <PasswordCard state={state} onSubmit={(password) => void open(password)} />;
    case "ended":
      return <LinkEnded />;
    case "failed":
      return <LoadError error={state.error} onRetry={() => void open()} />;
  }
}

function PasswordCard({
  state,
  onSubmit,
}: {
  state: Extract<ShareLinkState, { kind: "password" }>;
  onSubmit: (password: string) => void;
}) {
  const [password, setPassword] = useState("");
  useTitle(t("link.title"));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit(password);
  };
  return (
    <div className="page-width grid justify-items-center py-10 sm:py-16">
      <div className="w-full max-w-md rounded-2xl border border-line bg-surface p-6 sm:p-9">
        <div className="grid size-12 place-content-center rounded-xl bg-accent-soft text-accent" aria-hidden="true">
          <LockKeyhole size={24} />
        </div>
        <h1 className="mt-5 text-2xl font-semibold">{t("link.title")}</h1>
        <p className="mt-1.5 text-pretty text-ink-soft">{t("link.text")}</p>
        <form onSubmit={submit} className="mt-6 grid gap-5">
          {state.problem && <Notice tone="bad">{state.problem}</Notice>}
          <PasswordField
            label={t("link.password")}
            name="link-password"
            autoComplete="off"
            autoFocus
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <Button type="submit" variant="primary" disabled={state.busy}>
            {t(state.busy ? "link.opening" : "link.open")}
          </Button>
        </form>
      </div>
    </div>
  );
}

/** Revoked, expired and mistyped look alike. `again` is the video whose page it was: what this tab was given for it is forgotten before the link is opened anew. */
export function LinkEnded({ again }: { again?: string }) {
  useTitle(t("link.ended"));
  const reopen = () => {
    if (again !== undefined) forgetPass(again);
    location.reload();
  };
  return (
    <EmptyState level={1} icon={<Link2Off size={26} />} title={t("link.ended")} text={t("link.endedText")}>
      {again !== undefined && (
        <Button variant="primary" onClick={reopen}>
          {t("link.again")}
        </Button>
      )}
      <ButtonLink to="/">{t("action.goHome")}</ButtonLink>
    </EmptyState>
  );
}
