import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/problem";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { Notice } from "@/shared/ui/feedback";
import { TextField } from "@/shared/ui/field";
import { PasswordField } from "@/shared/ui/password-field";
import { useLogin } from "./api";

export function LoginForm() {
  const login = useLogin();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate({ login: name.trim(), password });
  };
  const refused = login.error instanceof ApiError && login.error.status === 401;
  return (
    <form onSubmit={submit} className="grid gap-5">
      {login.error && <Notice tone="bad">{refused ? t("account.badLogin") : explain(login.error)}</Notice>}
      <TextField
        label={t("account.loginField")}
        name="login"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        disabled={login.isPending}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <PasswordField
        name="password"
        autoComplete="current-password"
        required
        disabled={login.isPending}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="submit" variant="primary" disabled={login.isPending}>
        {login.isPending ? t("account.signingIn") : t("account.login")}
      </Button>
    </form>
  );
}
