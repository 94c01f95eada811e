import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/problem";
import { explain } from "@/shared/explain";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { Notice } from "@/shared/ui/feedback";
import { TextField } from "@/shared/ui/field";
import { PasswordField } from "@/shared/ui/password-field";
import { useRegister } from "./api";

const SHORTEST_PASSWORD = 8;

export function RegisterForm({ setupToken }: { setupToken?: string }) {
  const register = useRegister();
  const [email, setEmail] = useState("");
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    register.mutate({ email: email.trim(), username: username.trim(), password, setup_token: setupToken });
  };
  const fields = register.error instanceof ApiError ? register.error.fields : {};
  const shownAtFields = ["email", "username", "password"].some((field) => field in fields);
  return (
    <form onSubmit={submit} className="grid gap-5">
      {register.error && !shownAtFields && <Notice tone="bad">{explain(register.error)}</Notice>}
      <TextField
        label={t("account.email")}
        name="email"
        type="email"
        autoComplete="email"
        required
        disabled={register.isPending}
        error={fields.email}
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <TextField
        label={t("account.username")}
        hint={t("account.usernameHint")}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        disabled={register.isPending}
        error={fields.username}
        value={username}
        onChange={(event) => setUsername(event.target.value)}
      />
      <PasswordField
        hint={t("account.passwordHint")}
        name="password"
        autoComplete="new-password"
        required
        minLength={SHORTEST_PASSWORD}
        disabled={register.isPending}
        error={fields.password}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="submit" variant="primary" disabled={register.isPending}>
        {register.isPending ? t("account.registering") : t("account.registerAction")}
      </Button>
    </form>
  );
}
