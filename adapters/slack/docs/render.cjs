// Draws docs/cards.html from the snapshots; Slack itself cannot be asked for a picture. In a scratch folder:
//   npm i slack-blocks-to-jsx@1.1.1 react@19 react-dom@19 @fontsource/noto-emoji
//   NODE_PATH=node_modules node PATH/TO/adapters/slack/docs/render.cjs > cards.html
//   chromium --headless --hide-scrollbars --allow-file-access-from-files --virtual-time-budget=8000 \
//     --window-size=1280,1395 --screenshot=cards.png cards.html
const fs = require("fs");
const path = require("path");
const React = require("react");
const { renderToStaticMarkup } = require("react-dom/server");
const { Message } = require("slack-blocks-to-jsx");

const snapshots = path.join(__dirname, "../tests/it/snapshots");
const states = ["waiting", "running", "done", "denied", "expired", "voided"];
const logo =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="8" fill="#1f3a5f"/>' +
      '<path d="M9 19l6 6 12-14" fill="none" stroke="#fff" stroke-width="4"/></svg>',
  );

function card(state) {
  const text = fs.readFileSync(path.join(snapshots, `it__cards__card_${state}.snap`), "utf8");
  const { blocks } = JSON.parse(text.split("---\n").slice(2).join("---\n"));
  // The renderer draws no markup in verbatim text; Slack does.
  const drawn = JSON.parse(JSON.stringify(blocks).replaceAll(',"verbatim":true', ""));
  const time = new Date("2026-09-01T09:00:00Z");
  const element = React.createElement(Message, { blocks: drawn, name: "countersign", logo, time });
  return `<div class="cell">${renderToStaticMarkup(element)}</div>`;
}

const css = fs.readFileSync("node_modules/slack-blocks-to-jsx/dist/style.css", "utf8");
console.log(`<!doctype html><meta charset="utf-8">
<link rel="stylesheet" href="node_modules/@fontsource/noto-emoji/index.css">
<style>${css}
* { font-family: Lato, Arial, "Noto Emoji", sans-serif !important }
body { margin: 0; padding: 16px; background: #fff }
.grid { display: grid; grid-template-columns: 1fr 1fr; gap: 16px }
.cell { border: 1px solid #ddd; border-radius: 8px; padding: 12px }
</style><div class="grid">${states.map(card).join("")}</div>`);
