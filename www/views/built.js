/**
 * Views of the catalog's content, built anew with each catalog.
 * @module
 */
/** @import {Catalog} from '../../pkg/unrolled.js' */
/** @import {PageStore} from '../state/shape.js' */

/** @param {PageStore} store @param {(catalog: Catalog) => (() => void)[]} build Returns functions that end its watches. @returns {() => void} */
export function builtFrom(store, build) {
  /** @type {(() => void)[]} */ let inner = [];
  const stopAll = () => {
    for (const stop of inner.splice(0)) stop();
  };
  const undo = store.watch(
    (state) => [state.catalog],
    (catalog) => {
      stopAll();
      if (catalog) inner = build(catalog);
    },
  );
  return () => {
    undo();
    stopAll();
  };
}
