import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import { basicSetup, EditorView } from "codemirror";
import { useEffect, useRef } from "react";
import { nonce } from "../../shell/nonce.ts";
import type { CodeProps } from "./code.tsx";

/** The colours of the console, in both themes. */
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null], color: "var(--dt-accent-text)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--dt-good)" },
  { tag: [tags.number, tags.regexp], color: "var(--dt-warn)" },
  { tag: tags.comment, color: "var(--mantine-color-dimmed)", fontStyle: "italic" },
  { tag: [tags.propertyName, tags.function(tags.variableName)], color: "var(--mantine-color-text)" },
  { tag: [tags.typeName, tags.className], color: "var(--dt-accent-text)" },
]);

const looks = (minHeight: string) =>
  EditorView.theme({
    "&": { color: "var(--mantine-color-text)", backgroundColor: "transparent" },
    "&.cm-focused": { outline: "none" },
    ".cm-content": {
      minHeight,
      fontFamily: "var(--mantine-font-family-monospace)",
      caretColor: "var(--mantine-color-text)",
    },
    ".cm-scroller": { maxHeight: "calc(100dvh - 260px)", overflow: "auto" },
    ".cm-cursor": { borderLeftColor: "var(--mantine-color-text)" },
    ".cm-gutters": {
      backgroundColor: "transparent",
      color: "var(--mantine-color-dimmed)",
      borderRight: "1px solid var(--dt-line)",
    },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--dt-hover)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "var(--dt-accent-soft)",
    },
    ".cm-panels": { backgroundColor: "var(--dt-surface)", color: "inherit" },
    ".cm-tooltip": { backgroundColor: "var(--dt-surface)", borderColor: "var(--dt-line)" },
  });

/** CodeMirror. The page's policy lets it make styles with the page's nonce only. */
export default function CodeMirror({
  value,
  onChange,
  language,
  label,
  readOnly = false,
  minHeight = "120px",
  goTo,
}: CodeProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(onChange);
  changed.current = onChange;
  const first = useRef(value);

  useEffect(() => {
    if (!box.current) return;
    const made = new EditorView({
      parent: box.current,
      doc: first.current,
      // Tab leaves it, as it leaves every field.
      extensions: [
        basicSetup,
        language === "json" ? json() : javascript({ typescript: true }),
        syntaxHighlighting(colours),
        looks(minHeight),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.editable.of(!readOnly),
        ...(nonce === undefined ? [] : [EditorView.cspNonce.of(nonce)]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed.current(update.state.doc.toString());
        }),
      ],
    });
    view.current = made;
    return () => {
      first.current = made.state.doc.toString();
      made.destroy();
    };
  }, [language, label, readOnly, minHeight]);

  // What came from elsewhere.
  useEffect(() => {
    const made = view.current;
    if (!made || made.state.doc.toString() === value) return;
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const made = view.current;
    if (!made || !goTo) return;
    const line = made.state.doc.line(Math.min(Math.max(1, goTo.line), made.state.doc.lines));
    const at = Math.min(line.to, line.from + Math.max(0, goTo.column - 1));
    made.dispatch({ selection: { anchor: at }, scrollIntoView: true });
    made.focus();
  }, [goTo]);

  return <div ref={box} />;
}
