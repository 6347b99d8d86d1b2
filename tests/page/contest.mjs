// Steps of the tests that compare runs.

/** @typedef {import('./harness.mjs').Page} Page */

/** The leaderboard's row of a run or a baseline. @typedef {{run: string | null, status: string | null, name: string, note: string, rank: number, validation: number, test: number, steps: number, spent: number, cells: string[], shown: boolean}} Row */

/** The leaderboard, row by row. @param {Page} page @returns {Promise<Row[]>} */
export const board = (page) =>
  page.run(() =>
    [...document.querySelectorAll('#compare .board tbody tr:not(.group)')].map((row) => {
      const cells = [...row.querySelectorAll('td.num')].map((cell) => cell.textContent);
      const number = (/** @type {string} */ text) => (text === '' || text === '–' ? NaN : Number(text.replace('−', '-')));
      return {
        run: row.getAttribute('data-run'),
        status: row.getAttribute('data-status'),
        name: row.querySelector('.name button, .name span')?.textContent ?? '',
        note: row.querySelector('.note')?.textContent ?? '',
        rank: number(cells[0]),
        validation: number(cells[1]),
        test: number(cells[2]),
        steps: Number(row.getAttribute('data-steps')),
        spent: Number(row.getAttribute('data-spent')),
        cells,
        shown: Boolean(row.querySelector('[aria-current]')),
      };
    }),
  );

/**
 * Chooses the settings of a comparison, and starts it.
 * @param {Page} page
 * @param {{pick?: 'All' | string[], budget: 'time' | 'steps' | 'none', amount?: number, equal?: boolean}} contest
 */
export async function compare(page, { pick = 'All', budget, amount, equal = false }) {
  await page.until('a page that can compare', () => document.querySelector('#compare .strong') && !document.querySelector('#compare .strong').disabled);
  await page.run(
    (ids, kind, much, same) => {
      const section = document.querySelector('#compare');
      const button = [...section.querySelectorAll('button')].find(({ textContent }) => textContent === (Array.isArray(ids) ? 'None' : 'All'));
      button.click();
      for (const id of Array.isArray(ids) ? ids : []) section.querySelector(`.ticks input[value="${id}"]`).click();
      section.querySelector(`#budget-${kind}`).click();
      if (much !== null) {
        const input = section.querySelector('#budget-amount');
        input.value = String(much);
        input.dispatchEvent(new Event('change'));
      }
      const box = section.querySelector('#equal');
      if (box.checked !== same) box.click();
      section.querySelector('.strong').click();
    },
    pick,
    budget,
    amount ?? null,
    equal,
  );
}

/** Waits until nothing trains any more. @param {Page} page */
export const untilOver = (page) =>
  page.until('the end of the comparison', () => [...document.querySelectorAll('#compare .buttons .button')].every((button, index) => (index ? button.hidden : !button.disabled)));

/** The architectures that can be ticked, as `[id, label]`. @param {Page} page @returns {Promise<[string, string][]>} */
export const architectures = (page) =>
  page.run(() => [...document.querySelectorAll('#compare .ticks label')].map((label) => [label.querySelector('input').value, label.textContent]));
