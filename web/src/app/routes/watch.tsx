import { useParams, useSearchParams } from "react-router";
import { ShareGate } from "@/features/watch/share-gate";
import { Watch } from "@/features/watch/watch";
import { parseStart } from "@/shared/format";

export function Component() {
  const { id = "" } = useParams();
  const [search] = useSearchParams();
  const share = search.get("share");
  const watch = <Watch key={id} id={id} startAt={parseStart(search.get("t"))} />;
  if (!share) return watch;
  return (
    <ShareGate key={id + share} id={id} token={share}>
      {watch}
    </ShareGate>
  );
}
