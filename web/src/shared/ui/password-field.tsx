import { type InputHTMLAttributes, useState } from "react";
import { t } from "@/shared/i18n/t";
import { TextField } from "./field";

export function PasswordField({
  label = t("account.password"),
  hint,
  error,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { label?: string; hint?: string; error?: string }) {
  const [shown, setShown] = useState(false);
  return (
    <TextField
      label={label}
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
