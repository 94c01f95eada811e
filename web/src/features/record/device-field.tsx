import { t } from "@/shared/i18n/t";
import { SelectField } from "@/shared/ui/field";

/** One of the devices of a kind; nothing to choose until the browser has told their names. */
export function DeviceField({
  label,
  devices,
  value,
  onChange,
}: {
  label: string;
  devices: readonly MediaDeviceInfo[];
  value: string;
  onChange: (deviceId: string) => void;
}) {
  if (devices.length === 0) return null;
  const known = devices.some((device) => device.deviceId === value);
  return (
    <SelectField
      label={label}
      value={known ? value : ""}
      className="truncate"
      onChange={(event) => onChange(event.target.value)}
    >
      {!known && <option value="">{t("record.defaultDevice")}</option>}
      {devices.map((device) => (
        <option key={device.deviceId} value={device.deviceId}>
          {device.label}
        </option>
      ))}
    </SelectField>
  );
}
