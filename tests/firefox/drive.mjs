// Drives Firefox over WebDriver BiDi: a command in JSON a line from the standard input, an answer a line
// to the standard output. Firefox ends when the input does.
//   node drive.mjs FOLDER_OF_NODE_MODULES FIREFOX
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [home, firefox] = process.argv.slice(2);
const puppeteer = createRequire(join(home, "package.json"))("puppeteer-core");
const NOWHERE = { "network.proxy.type": 1, "network.proxy.share_proxy_settings": true };
for (const kind of ["http", "ssl", "socks"]) {
  NOWHERE[`network.proxy.${kind}`] = "127.0.0.1"; // the discard port: nothing answers there
  NOWHERE[`network.proxy.${kind}_port`] = 9;
}
const QUIET = { "browser.aboutwelcome.enabled": false, "datareporting.policy.dataSubmissionEnabled": false };
const browser = await puppeteer.launch({
  browser: "firefox", executablePath: firefox, headless: true, protocol: "webDriverBiDi",
  extraPrefsFirefox: { ...NOWHERE, ...QUIET },
});
const pages = new Map();

function listen(page) {
  const seen = { page, trouble: [], asked: [] };
  page.on("console", (m) => ["error", "warn", "warning"].includes(m.type()) && seen.trouble.push(m.text()));
  page.on("pageerror", (e) => seen.trouble.push(String(e)));
  page.on("dialog", (d) => { seen.trouble.push(`dialog ${d.message()}`); d.dismiss(); });
  page.on("request", (r) => seen.asked.push(r.url()));
  return seen;
}
const on = (c) => pages.get(c.page).page;
const ACTIONS = {
  async open(c) {
    const page = await browser.newPage();
    pages.set(c.page, listen(page));
    await page.setViewport({ width: c.width, height: c.height });
    await page.goto(c.address);
  },
  async value(c) { return JSON.parse((await on(c).evaluate(`JSON.stringify(${c.script})`)) ?? "null"); },
  // Not with waitForFunction: it evaluates text in the page, which the page's policy refuses.
  async until(c) {
    for (let tries = 40 * c.seconds; tries > 0; tries--) {
      if (await on(c).evaluate(`!!(${c.script})`)) return true;
      await new Promise((go) => { setTimeout(go, 25); });
    }
    return false;
  },
  async click(c) { await on(c).click(c.selector); },
  async press(c) { await on(c).keyboard.press(c.key); },
  async type(c) { await on(c).type(c.selector, c.text); },
  async back(c) { await on(c).evaluate("void history.back()"); },
  async resize(c) { await on(c).setViewport({ width: c.width, height: c.height }); },
  async pdf(c) { await on(c).pdf({ path: c.path, preferCSSPageSize: true, printBackground: true }); },
  async screenshot(c) { await on(c).screenshot({ path: c.path }); },
  async seen(c) { const { trouble, asked } = pages.get(c.page); return { trouble, asked }; },
  async close(c) { await on(c).close(); pages.delete(c.page); },
};
function answer(line) { process.stdout.write(`${JSON.stringify(line)}\n`); }

answer({ value: browser.process().pid });
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    answer({ value: (await ACTIONS[command.do](command)) ?? null });
  } catch (error) {
    answer({ error: String(error) });
  }
}
await browser.close();
process.exit(0);
