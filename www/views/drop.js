/**
 * The whole page takes files: dropped anywhere, or pasted as text.
 * @module
 */
/** @import {DataActions} from '../actions/data.js' */
/** @import {ModelActions} from '../actions/model.js' */

/** @param {HTMLElement} sign Shown while something is dragged over the page. @param {{data: DataActions, model: ModelActions}} actions @returns {() => void} */
export function dropView(sign, { data, model }) {
  let depth = 0;
  /** @param {DragEvent} event */
  const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  const stop = new AbortController();
  const { signal } = stop;

  window.addEventListener(
    'dragenter',
    (event) => {
      if (!hasFile(event)) return;
      depth++;
      sign.hidden = false;
    },
    { signal },
  );
  window.addEventListener(
    'dragleave',
    (event) => {
      if (!hasFile(event)) return;
      depth = Math.max(0, depth - 1);
      if (!depth) sign.hidden = true;
    },
    { signal },
  );
  window.addEventListener(
    'dragover',
    (event) => {
      if (hasFile(event)) event.preventDefault();
    },
    { signal },
  );
  window.addEventListener(
    'drop',
    (event) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      depth = 0;
      sign.hidden = true;
      data.openFirst(event.dataTransfer?.files ?? [], (file) => {
        if (file.name.endsWith('.safetensors')) void model.load(file, file.name);
        else void data.openBlob(file, { kind: 'file', id: '', name: file.name });
      });
    },
    { signal },
  );
  window.addEventListener(
    'paste',
    (event) => {
      if (event.target instanceof HTMLInputElement && event.target.type !== 'radio' && event.target.type !== 'checkbox') return;
      const files = event.clipboardData?.files ?? [];
      if (files.length) return data.openFirst(files, (file) => void data.openBlob(file, { kind: 'file', id: '', name: file.name }));
      const text = event.clipboardData?.getData('text/plain') ?? '';
      // A single line is no table, and more likely pasted by mistake.
      if (text.trim().includes('\n')) void data.openBlob(new Blob([text]), { kind: 'paste', id: '', name: 'pasted text' });
    },
    { signal },
  );
  return () => stop.abort();
}
