import type { Visibility } from "@/api/types";
import { t } from "@/shared/i18n/t";
import { SelectField } from "@/shared/ui/field";

export const visibilities: readonly Visibility[] = ["public", "unlisted", "private"];

export function VisibilityField({
  value,
  onChange,
  label = t("video.visibility"),
  disabled,
  error,
}: {
  value: Visibility;
  onChange: (value: Visibility) => void;
  label?: string;
  disabled?: boolean;
  error?: string;
}) {
  return (
    <SelectField
      label={label}
      hint={t(`video.visibility.${value}.hint`)}
      value={value}
      disabled={disabled}
      error={error}
      onChange={(event) => onChange(event.target.value as Visibility)}
    >
      {visibilities.map((visibility) => (
        <option key={visibility} value={visibility}>
          {t(`video.visibility.${visibility}`)}
        </option>
      ))}
    </SelectField>
  );
}
