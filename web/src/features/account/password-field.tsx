import { type InputHTMLAttributes, useState } from "react";
import { t } from "@/shared/i18n/t";
import { TextField } from "@/shared/ui/field";

export function PasswordField({
  hint,
  error,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { hint?: string; error?: string }) {
  const [shown, setShown] = useState(false);
  return (
    <TextField
      label={t("account.password")}
      hint={hint}
      error={error}
      type={shown ? "text" : "password"}
      aside={
        <button
          type="button"
          className="rounded text-sm font-semibold text-accent hover:underline"
          onClick={() => setShown(!shown)}
        >
          {shown ? t("account.hidePassword") : t("account.showPassword")}
        </button>
      }
      {...rest}
    />
  );
}
