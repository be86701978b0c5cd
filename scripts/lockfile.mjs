// `npm install` behind a registry mirror that lacks packages for other platforms leaves them out of package-lock.json
// without a word, and `npm ci` then refuses the file everywhere. This finds that, and repairs it with --fix.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const { packages } = lock;
const systems = [
  "android",
  "darwin",
  "linux",
  "freebsd",
  "netbsd",
  "openbsd",
  "openharmony",
  "win32",
  "sunos",
  "aix",
];
const processors = ["arm64", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64", "arm"];

const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
  Object.entries(optionalDependencies).filter(
    ([name]) => !packages[`${path}/node_modules/${name}`] && !packages[`node_modules/${name}`],
  ),
);

/** What npm would have written, but for the integrity, which only the registry knows. */
function entry(name, version) {
  const words = name.split("/").at(-1).split("-");
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  if (!os || !cpu || !/^\d+\.\d+\.\d+$/.test(version))
    throw new Error(`can not make an entry for ${name} ${version}`);
  const scope = `node_modules/${name.split("/")[0]}/`;
  const sibling =
    Object.entries(packages).find(([path, found]) => path.startsWith(scope) && found.os)?.[1] ?? {};
  return {
    version,
    resolved: `https://registry.npmjs.org/${name}/-/${name.split("/").at(-1)}-${version}.tgz`,
    cpu: [cpu],
    ...(sibling.dev && { dev: true }),
    ...(words.some((word) => word.startsWith("musl")) && { libc: ["musl"] }),
    ...(sibling.license && { license: sibling.license }),
    optional: true,
    os: [os],
    ...(sibling.engines && { engines: sibling.engines }),
  };
}

const names = missing.map(([name]) => name).join(", ");
if (missing.length > 0 && process.argv[2] === "--fix") {
  for (const [name, version] of missing) packages[`node_modules/${name}`] = entry(name, version);
  const sorted = Object.entries(packages).sort(([one], [other]) => one.localeCompare(other, "en"));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  console.log(`package-lock.json: added ${names}`);
} else if (missing.length > 0) {
  console.error(
    `package-lock.json lacks ${names}: npm ci will refuse it; run: node scripts/lockfile.mjs --fix`,
  );
  process.exitCode = 1;
}
