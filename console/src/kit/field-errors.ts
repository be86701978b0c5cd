/** `/features/forward/0/to` of a problem document as the path of a form's field: `features.forward.0.to`. Pure. */
export const fieldOf = (path: string): string =>
  path
    .replace(/^\/(body\/)?/, "")
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .join(".");
