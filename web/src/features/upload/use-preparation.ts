import { useEffect, useState } from "react";
import { type Facts, PrepareError, Preparer, type Refusal } from "@/prepare/prepare";

/** A worker for one file, and what it finds out about it. It ends with the page that uses it. */
export function usePreparation(file: File) {
  const [preparer] = useState(() => new Preparer());
  const [facts, setFacts] = useState<Facts>();
  const [refusal, setRefusal] = useState<Refusal>();
  useEffect(() => {
    let over = false;
    preparer.look(file).then(
      (found) => {
        if (!over) setFacts(found);
      },
      (error: unknown) => {
        if (!over) setRefusal(error instanceof PrepareError ? error.refusal : "failed");
      },
    );
    return () => {
      over = true;
      preparer.close();
    };
  }, [file, preparer]);
  return { preparer, facts, refusal };
}
