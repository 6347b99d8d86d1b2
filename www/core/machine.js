/**
 * What is known of the machine.
 * @module
 */

/**
 * GiB of memory that it has, rounded, as Chromium alone tells; nothing elsewhere. The core refuses a model that would take more.
 * @returns {number | undefined}
 */
export const machineMemory = () => /** @type {(Navigator & {deviceMemory?: number}) | undefined} */ (globalThis.navigator)?.deviceMemory;
