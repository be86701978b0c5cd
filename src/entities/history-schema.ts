/** How a version came about. */
export const origins = ["edit", "import", "publish", "roll-back"] as const;
export type Origin = (typeof origins)[number];
