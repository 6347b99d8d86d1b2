// Starts the two browsers, each with a new profile, and talks to both in one language (WebDriver and its BiDi events).
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { Builder } from 'selenium-webdriver';
import chrome from 'selenium-webdriver/chrome.js';
import firefox from 'selenium-webdriver/firefox.js';

/** Both, or those in BROWSERS (`BROWSERS=firefox`). */
export const browserNames = (process.env.BROWSERS ?? 'firefox chromium').split(/[ ,]+/);

/** Time limit of one step in the page, which only ends hanging ones; long waits take many steps (`Page.until`). */
const SCRIPT_TIMEOUT_MS = 300_000;

/**
 * @param {string[]} names Names of programs; the first one found is used.
 * @returns {string} Its full path: with it, selenium looks nothing up on the network.
 */
function find(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
      try {
        accessSync(path.join(folder, name), constants.X_OK);
        return path.join(folder, name);
      } catch {
        // Not found: try the next.
      }
    }
  }
  throw new Error(`${names.join(' or ')} is missing: make setup`);
}

/**
 * @param {string} name `firefox` or `chromium`.
 * @param {{dark?: boolean}} [options] `dark`: the system prefers a dark page.
 * @returns {Promise<import('selenium-webdriver').WebDriver>}
 */
export async function startBrowser(name, { dark = false } = {}) {
  const driver = await (name === 'firefox' ? startFirefox(dark) : startChromium(dark));
  await driver.manage().setTimeouts({ script: SCRIPT_TIMEOUT_MS });
  return driver;
}

/** @param {boolean} dark */
function startFirefox(dark) {
  const options = new firefox.Options()
    .setBinary(find('firefox-esr', 'firefox'))
    .addArguments('-headless')
    .setPreference('layout.css.prefers-color-scheme.content-override', dark ? 0 : 1)
    // The usual setting; the driver's would let pages from disk load neighbouring files.
    .setPreference('security.fileuri.strict_origin_policy', true)
    // As on phones: the page has the requested width.
    .setPreference('ui.useOverlayScrollbars', 1)
    .enableBidi();
  return new Builder()
    .forBrowser('firefox')
    .setFirefoxOptions(options)
    .setFirefoxService(new firefox.ServiceBuilder(find('geckodriver')))
    .build();
}

/** @param {boolean} dark */
async function startChromium(dark) {
  const options = new chrome.Options();
  options.setChromeBinaryPath(find('chromium', 'google-chrome', 'chromium-browser'));
  options.addArguments(
    '--headless=new',
    '--disable-gpu',
    '--hide-scrollbars',
    '--no-first-run',
    // The browser itself sends nothing and does not wait for a network.
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Its sandbox does not work for root, the usual user in a container.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  );
  options.enableBidi();
  const driver = /** @type {import('selenium-webdriver/chrome.js').Driver} */ (
    await new Builder()
      .forBrowser('chrome')
      .setChromeOptions(options)
      .setChromeService(new chrome.ServiceBuilder(find('chromedriver')))
      .build()
  );
  await driver.sendDevToolsCommand('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
  });
  return driver;
}
