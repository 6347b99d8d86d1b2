/**
 * Information about the machine.
 * @module
 */

/**
 * GiB of memory, rounded, in Chromium only. The core refuses a model that needs more.
 * @returns {number | undefined}
 */
export const machineMemory = () => /** @type {(Navigator & {deviceMemory?: number}) | undefined} */ (globalThis.navigator)?.deviceMemory;
