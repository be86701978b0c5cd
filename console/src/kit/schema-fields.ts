/** Fields of a form from the JSON schema of what is sent. Pure. */

/** As much of JSON Schema as OpenAPI documents of the app have for flat bodies. */
export interface JsonSchema {
  type?: string;
  enum?: readonly unknown[];
  const?: unknown;
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  $ref?: string;
}

export interface SchemaField {
  name: string;
  kind: "text" | "number" | "switch" | "choice" | "list" | "other";
  required: boolean;
  /** May be null: an empty field is sent as null. */
  nullable: boolean;
  description: string | undefined;
  initial: unknown;
  choices: readonly string[];
  min: number | undefined;
  max: number | undefined;
}

/** Without `null` and `$ref`. */
function plain(
  schema: JsonSchema,
  refs: Record<string, JsonSchema>,
): { schema: JsonSchema; nullable: boolean } {
  const named = schema.$ref === undefined ? undefined : refs[schema.$ref.split("/").at(-1) ?? ""];
  if (named) return plain({ ...named, ...(schema.description && { description: schema.description }) }, refs);
  const variants = schema.anyOf ?? schema.oneOf;
  if (!variants) return { schema, nullable: false };
  const some = variants.filter(({ type }) => type !== "null");
  const nullable = some.length < variants.length;
  const [only] = some;
  if (some.length !== 1 || !only) return { schema: { ...schema, type: "other" }, nullable };
  const { anyOf: _any, oneOf: _one, ...outer } = schema;
  return { schema: { ...plain(only, refs).schema, ...outer }, nullable };
}

function kindOf({ type, enum: choices, items }: JsonSchema): SchemaField["kind"] {
  if (choices?.every((choice) => typeof choice === "string")) return "choice";
  if (type === "string") return "text";
  if (type === "integer" || type === "number") return "number";
  if (type === "boolean") return "switch";
  if (type === "array" && items?.type === "string") return "list";
  return "other";
}

/** @param refs `components.schemas` of the document */
export function fieldsOf(body: JsonSchema, refs: Record<string, JsonSchema> = {}): SchemaField[] {
  const { properties = {}, required = [] } = plain(body, refs).schema;
  return Object.entries(properties).map(([name, given]) => {
    const { schema, nullable } = plain(given, refs);
    const kind = kindOf(schema);
    return {
      name,
      kind,
      required: required.includes(name) && schema.default === undefined,
      nullable,
      description: given.description ?? schema.description,
      initial: schema.default,
      choices: kind === "choice" ? (schema.enum ?? []).map(String) : [],
      min: schema.minimum,
      max: schema.maximum,
    };
  });
}

/** How a field stands before anybody typed. Pure. */
export function blankOf({ kind, initial }: SchemaField): unknown {
  // What is typed is a text, also where none is the default.
  if (initial === null && kind === "text") return "";
  if (initial !== undefined) return initial;
  if (kind === "switch") return false;
  if (kind === "list") return [];
  return kind === "other" ? undefined : "";
}

/**
 * What is sent of what stands in a form: empty fields that need not be are left out, or null where they may be. What the
 * form does not show goes back as it came. Pure.
 */
export function bodyOf(
  fields: readonly SchemaField[],
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const body: Record<string, unknown> = { ...values };
  for (const { name, required, nullable, initial } of fields) {
    const value = body[name];
    // A list that may be missing and has no default: none, where an empty one would be a wrong one.
    const isNone = Array.isArray(value) && value.length === 0 && initial === undefined;
    if (value !== "" && value !== null && !isNone) continue;
    if (nullable) body[name] = null;
    else if (!required) delete body[name];
  }
  return body;
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => one.localeCompare(other)))
      : inner,
  ) ?? "undefined";

/** Names of fields in which two documents differ. Pure. */
export const differing = (
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => canonical(one[name]) !== canonical(other[name]),
  );
