// Opens pages of `--format html` in a real Chromium at desktop and phone width, light and dark, and runs axe on them.
// Usage: npm install, then: CHROMIUM=/usr/bin/chromium node check.mjs PAGE.html…   (screenshots go beside the pages)
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
let serious = 0;
for (const page of process.argv.slice(2)) {
  for (const [name, width, scheme] of [["desktop", 1280, "light"], ["desktop-dark", 1280, "dark"], ["phone", 375, "light"]]) {
    const tab = await browser.newPage();
    // axe itself is a script, which the page's own policy forbids.
    await tab.setBypassCSP(true);
    await tab.setViewport({ width, height: 900 });
    await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await tab.goto(`file://${resolve(page)}`);
    const overflow = await tab.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    await tab.screenshot({ path: page.replace(/\.html$/, `.${name}.png`), fullPage: true });
    await tab.evaluate(axe);
    const { violations } = await tab.evaluate(() => window.axe.run());
    for (const violation of violations) {
      console.log(page, name, violation.impact, violation.id, violation.nodes.map((node) => node.target.join(" ")).join("; "));
      if (["serious", "critical"].includes(violation.impact)) serious += 1;
    }
    if (overflow) {
      console.log(page, name, "wider than the window");
      serious += 1;
    }
    await tab.close();
  }
}
await browser.close();
console.log(`${serious} serious`);
process.exitCode = serious ? 1 : 0;
