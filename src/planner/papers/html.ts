import MarkdownIt from "markdown-it";

/** Markdown to one HTML file with its pictures inside, for screens and A4 paper. Pure. */

const style = `
:root { color-scheme: light; }
body { font: 15px/1.5 "DejaVu Sans", Arial, sans-serif; color: #1c1c1c; max-width: 60rem; margin: 2rem auto; padding: 0 1.5rem; background: #fff; }
h1 { font-size: 1.7rem; line-height: 1.2; border-bottom: 3px solid #1f5f8b; padding-bottom: .4rem; }
h2 { font-size: 1.25rem; margin-top: 2rem; color: #1f5f8b; break-after: avoid; }
h3 { font-size: 1.05rem; margin-top: 1.5rem; break-after: avoid; }
table { border-collapse: collapse; width: calc(100% - 2px); margin: .8rem 0; font-size: .86em; }
th, td { border: 1px solid #b9c3cb; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: break-word; }
th { background: #e8eff4; overflow-wrap: normal; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
figure { margin: 1rem 0; text-align: center; break-inside: avoid; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; }
figcaption { font-size: .85em; color: #555; }
.checklist { font-size: 13px; } .checklist h1 { font-size: 1.4rem; }
@media (max-width: 40rem) { body { padding: 0 .7rem; } table { display: block; overflow-x: auto; } td, th { overflow-wrap: normal; min-width: 4rem; } }
@page { size: A4; margin: 16mm 14mm; }
@media print { figure svg { max-height: 9.5cm; width: auto; } body { margin: 0; padding: 0; max-width: none; font-size: 10.5pt; } .checklist { font-size: 9.5pt; } }
`;

/** Renders a paper. `pictures` maps the addresses of its images to SVG texts. @throws Error when one is missing */
export function htmlPage(
  title: string,
  markdown: string,
  pictures: Record<string, string>,
  kind: string,
): string {
  const renderer = new MarkdownIt({ html: false, typographer: false });
  renderer.renderer.rules.image = (tokens, index) => {
    const token = tokens[index];
    const address = token?.attrGet("src") ?? "";
    const svg = pictures[address];
    if (svg === undefined) throw new Error(`the picture ${address} was not drawn`);
    return `<figure>${svg}<figcaption>${renderer.utils.escapeHtml(token?.content ?? "")}</figcaption></figure>`;
  };
  // A figure must not stand in a paragraph: pictures are alone in theirs.
  const body = renderer.render(markdown).replaceAll(/<p>(<figure>[\s\S]*?<\/figure>)<\/p>/g, "$1");
  return [
    "<!doctype html>",
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${renderer.utils.escapeHtml(title)}</title><style>${style}</style></head>`,
    `<body class="${kind}">`,
    body,
    "</body></html>",
    "",
  ].join("\n");
}
