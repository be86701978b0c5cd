/** What a browser and its system are called, by what it says of itself; undefined: it says nothing that is known. Pure. */
export function browserName(agent: string): string | undefined {
  const browsers: [RegExp, string][] = [
    [/ Edg(e|A|iOS)?\//, "Edge"],
    [/ OPR\//, "Opera"],
    [/Firefox\/|FxiOS\//, "Firefox"],
    [/Chrom(e|ium)\/|CriOS\//, "Chrome"],
    [/Safari\//, "Safari"],
  ];
  const systems: [RegExp, string][] = [
    [/Windows/, "Windows"],
    [/Android/, "Android"],
    [/iPhone|iPad/, "iOS"],
    [/Mac OS X/, "macOS"],
    [/Linux|X11/, "Linux"],
  ];
  const called = (list: [RegExp, string][]) => list.find(([form]) => form.test(agent))?.[1];
  const browser = called(browsers);
  const system = called(systems);
  return browser && (system ? `${browser}, ${system}` : browser);
}
