import { lazy, Suspense } from "react";
import { Loading } from "../../kit/empty.tsx";
import classes from "./routing.module.css";

/** An editor for code, loaded when the first one is shown. */

const Editor = lazy(() => import("./code-mirror.tsx"));

export interface CodeProps {
  value: string;
  onChange: (text: string) => void;
  language: "typescript" | "json";
  /** What it is, for who does not see it. */
  label: string;
  readOnly?: boolean;
  invalid?: boolean;
  minHeight?: string;
  /** Goes to this line, each time when it is another object. */
  goTo?: { line: number; column: number } | undefined;
}

export function Code(props: CodeProps) {
  return (
    <div className={classes.editor} data-invalid={props.invalid || undefined}>
      <Suspense fallback={<Loading />}>
        <Editor {...props} />
      </Suspense>
    </div>
  );
}
